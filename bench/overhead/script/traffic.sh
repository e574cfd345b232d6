# The balancer, and what arrives.

# set_state WEIGHT [NODE that is out]: one rename, read back.
set_state() {
  local weight=$1 out=${2-} state; state=$(mktemp -d "$TRAFFIC/states/script-XXXXXX")
  chmod 755 "$state"
  touch "$state/y-$weight"
  [[ -z $out ]] || touch "$state/out-$out"
  printf '%s %s\n' "$weight" "$out" >"$state/note"
  sync "$state"/* "$state"
  ln -s "states/${state##*/}" "$TRAFFIC/next"
  mv -T "$TRAFFIC/next" "$TRAFFIC/current"
  [[ -e $TRAFFIC/current/y-$weight ]] || die "the balancer does not show $weight %"
}
weight() { local marker; for marker in "$TRAFFIC"/current/y-*; do echo "${marker##*-}"; done; }

# answered NODE...: how many requests these nodes have answered, and how many of them with 5xx.
answered() {
  local node urls=()
  for node in "$@"; do urls+=("$(of "$node" status)/metrics"); done
  get "${urls[@]}" | awk '/^kong_http_requests_total/ { all += $NF; if ($0 ~ /code="5/) bad += $NF } END { print all + 0, bad + 0 }'
}

# share WEIGHT: the share that arrives agrees with the weight.
share() {
  local x0 y0 x1 y1 _ tries
  read -r x0 _ < <(answered $X_NODES); read -r y0 _ < <(answered $Y_NODES)
  for ((tries = 0; tries < 30; tries++)); do
    sleep 1
    read -r x1 _ < <(answered $X_NODES); read -r y1 _ < <(answered $Y_NODES)
    if awk -v x=$((x1 - x0)) -v y=$((y1 - y0)) -v w="$1" 'BEGIN {
      n = x + y; if (n < 100) exit 1; z = 1.96; p = y / n; d = 1 + z * z / n
      m = (p + z * z / (2 * n)) / d; h = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / d
      exit (w == 100 ? x > 0 : (m - h) * 100 > w + 1 || (m + h) * 100 < w - 1) }'; then return 0; fi
    # Requests from before the change still count at the beginning.
    x0=$x1 y0=$y1
  done
  die "$1 % do not arrive"
}

# bake: no verdict before Y has answered enough requests.
bake() {
  local y0 bad0 y1 bad1
  read -r y0 bad0 < <(answered $Y_NODES)
  answered $X_NODES >/dev/null
  for (( ; ; )); do
    sleep 0.1
    read -r y1 bad1 < <(answered $Y_NODES)
    answered $X_NODES >/dev/null
    ((bad1 == bad0)) || die 'Y answers with errors'
    ((y1 - y0 < MIN_REQUESTS)) || return 0
  done
}
