# Dumps to S3, read back, and restored into scratch databases.

NO_BODY=$(sha256sum </dev/null | cut -d' ' -f1)

# s3 KEY [curl options]. The account comes from a file: arguments can be read by everybody.
s3() {
  local key=$1; shift
  curl -sS --fail -K "$WORK/s3" --aws-sigv4 "aws:amz:$S3_REGION:s3" \
    -H "x-amz-content-sha256: ${BODY:-$NO_BODY}" "$@" "$S3_ENDPOINT/$S3_BUCKET/$key"
}
s3_size() { s3 "$1" -I | tr -d '\r' | sed -n 's/^[Cc]ontent-[Ll]ength: //p'; }

put() { # FILE KEY: stored, and its size read back
  BODY=$(sha256sum <"$1" | cut -d' ' -f1) s3 "$2" -T "$1" -o /dev/null
  [[ $(s3_size "$2") == "$(stat -c %s "$1")" ]] || die "$2 has another size than $1"
}
put_text() { # FILE KEY: stored and read back
  put "$1" "$2"
  s3 "$2" | cmp -s - "$1" || die "$2 reads back differently"
}

dump_database() {
  { sql_file fingerprint; sql_file counts; } >"$WORK/facts"
  pg_dump --format=custom --no-password '--exclude-table=crossfade.*' --lock-wait-timeout=30000 >"$WORK/kong.dump"
  put "$WORK/kong.dump" "$FOLDER/kong.dump"
  put_text "$WORK/facts" "$FOLDER/facts"
}

seal_backup() { # every object read back to its end, the dump listed, a manifest
  local sum; sum=$(sha256sum <"$WORK/kong.dump")
  [[ $(s3 "$FOLDER/facts" | sha256sum) == "$(sha256sum <"$WORK/facts")" ]] || die 'the facts read back differently'
  s3 "$FOLDER/kong.dump" | tee >(pg_restore --list >/dev/null) | sha256sum >"$WORK/sum"
  [[ $(<"$WORK/sum") == "$sum" ]] || die 'the dump reads back differently'
  printf '%s kong.dump %s\n' "$sum" "$(stat -c %s "$WORK/kong.dump")" >"$WORK/manifest"
  put_text "$WORK/manifest" "$FOLDER/manifest"
}

backup_there() {
  s3_size "$FOLDER/manifest" >/dev/null
  [[ $(s3_size "$FOLDER/kong.dump") == "$(s3 "$FOLDER/manifest" | awk '{ print $NF }')" ]] || die 'the backup is not there'
}

restore_to() { # DATABASE
  admin_sql -c "DROP DATABASE IF EXISTS $1 WITH (FORCE)" -c "CREATE DATABASE $1 OWNER $PGUSER TEMPLATE template0"
  s3 "$FOLDER/kong.dump" | tee >(sha256sum >"$WORK/sum") |
    pg_restore --no-password --exit-on-error --no-owner --no-privileges --dbname="$1"
  [[ $(<"$WORK/sum") == "$(sha256sum <"$WORK/kong.dump")" ]] || die 'the dump reads back differently'
  PGDATABASE=$1 sql -c 'SET client_min_messages = warning' -c 'DROP SCHEMA IF EXISTS crossfade CASCADE'
}
drop() { admin_sql -c "DROP DATABASE $1 WITH (FORCE)"; }

drill() {
  restore_to crossfade_scratch_drill
  { PGDATABASE=crossfade_scratch_drill sql_file fingerprint; PGDATABASE=crossfade_scratch_drill sql_file counts; } |
    cmp -s - "$WORK/facts" || die 'the restored database differs'
  drop crossfade_scratch_drill
}

rehearse() { # `finish` on a copy: restored from before `up`, migrated, a node started on it and tested
  local KONG_PG_DATABASE=crossfade_scratch_rehearsal
  export KONG_PG_DATABASE
  restore_to crossfade_scratch_rehearsal
  [[ $(migrations "$KONG_Y") == new ]] || die 'the copy has nothing to migrate'
  kong_alone "$KONG_Y" migrations up --db-timeout 3600 --lock-timeout 900 >"$WORK/copy.log" 2>&1
  [[ $(migrations "$KONG_Y") == pending ]] || die "the copy was not migrated: $(<"$WORK/copy.log")"
  kong_alone "$KONG_Y" migrations finish --db-timeout 3600 --lock-timeout 900 >"$WORK/copy.log" 2>&1
  [[ $(migrations "$KONG_Y") == clean ]] || die "the copy was not finished: $(<"$WORK/copy.log")"
  start_node copy "$KONG_Y" "$VERSION_Y"
  test_node copy
  stop_node copy "$KONG_Y"
  rm -rf "$(of copy prefix)"
  drop crossfade_scratch_rehearsal
}
