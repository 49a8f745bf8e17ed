# To be sourced: starts a PostgreSQL server of its own in a temporary folder, sets postgres_url to it, and removes both when
# the shell ends. PostgreSQL does not run as root, so root hands it to the user postgres.

postgres_bin=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
postgres_folder=$(mktemp -d)
postgres_port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
postgres_url=postgres://suite@127.0.0.1:$postgres_port

as_postgres() {
  if ((EUID == 0)); then
    (cd / && setpriv --reuid=postgres --regid=postgres --clear-groups "$@")
  else
    "$@"
  fi
}

stop_postgres() {
  as_postgres "$postgres_bin/pg_ctl" -D "$postgres_folder/data" -m immediate stop >/dev/null 2>&1 || true
  rm -rf "$postgres_folder"
}
trap stop_postgres EXIT

((EUID == 0)) && chown postgres "$postgres_folder"
as_postgres "$postgres_bin/initdb" -D "$postgres_folder/data" -A trust -U suite --no-sync >/dev/null
as_postgres "$postgres_bin/pg_ctl" -D "$postgres_folder/data" -w -l "$postgres_folder/log" start \
  -o "-p $postgres_port -k $postgres_folder -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=300" >/dev/null
