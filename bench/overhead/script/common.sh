# What all parts use. Settings come from the environment (see ../script.ts).

# Kong's tables that people configure.
TABLES='acls basicauth_credentials ca_certificates certificates consumers filter_chains hmacauth_credentials jwt_secrets
  key_sets keyauth_credentials keys oauth2_credentials plugins routes services sm_vaults snis tags targets upstreams workspaces'
TABLES=$(echo $TABLES)
MIGRATOR=crossfade_migrator

die() { printf 'upgrade.sh: %s\n' "$*" >&2; exit 1; }
step() { printf '%s %s\n' "$EPOCHREALTIME" "$*"; }

# poll SECONDS COMMAND...: until the command succeeds.
poll() {
  local deadline=$((SECONDS + $1)); shift
  until "$@"; do ((SECONDS < deadline)) || return 1; sleep 0.2; done
}

sql() { psql -X -q -A -t -v ON_ERROR_STOP=1 -v tables="$TABLES" "$@"; }
admin_sql() { PGUSER=$PG_ADMIN_USER PGPASSWORD=$PG_ADMIN_PASSWORD PGDATABASE=postgres sql "$@"; }
sql_file() { local file=$1; shift; sql -f "$HERE/sql/$file.sql" "$@"; }

# get URL [curl options]: the body of a 200.
get() { curl -sS --fail --max-time 5 "$@"; }

# of NODE WHAT: `of x1 proxy` is the value of x1_proxy.
of() { local name=$1_$2; printf %s "${!name}"; }

answers() { # NODE: something listens on one of its addresses
  local what address
  for what in proxy admin status; do
    address=$(of "$1" "$what"); address=${address#http://}
    if (exec 3<>"/dev/tcp/${address%:*}/${address#*:}") 2>/dev/null; then return 0; fi
  done
  return 1
}
silent() { ! answers "$1"; }
ready() { get "$(of "$1" status)/status/ready" >"$WORK/ready.$1" 2>&1; }
version_of() { get "$(of "$1" admin)/" | grep -o '"version":"[^"]*"' | head -1 | cut -d'"' -f4; }

# The three tests of the plan on one node.
test_node() {
  local proxy; proxy=$(of "$1" proxy)
  [[ $(curl -s -o /dev/null -w '%{http_code}' "$proxy/shop/orders") == 401 ]] || die "$1: no 401 without a key"
  get -H @"$WORK/key" "$proxy/shop/orders" | grep -q '"method":"GET"' || die "$1: no answer with a key"
  [[ $(curl -s -w '%{http_code}' "$proxy/nothing/here") == *'no Route matched'*404 ]] || die "$1: no 404"
}
test_nodes() { local node; for node in "$@"; do test_node "$node"; done; }

check_nodes() { # VERSION NODE...: all ready, with this version
  local version=$1 node; shift
  for node in "$@"; do
    answers "$node" || die "$node does not answer"
    ready "$node" || die "$node is not ready: $(<"$WORK/ready.$node")"
    [[ $(version_of "$node") == "$version" ]] || die "$node is not Kong $version"
  done
}
