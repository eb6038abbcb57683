#!/bin/sh
# Starts PostgreSQL on its standard local port when it is installed and down.
set -u
if command -v pg_isready >/dev/null && ! pg_isready -q -h 127.0.0.1 -p 5432; then
  if command -v pg_ctlcluster >/dev/null; then
    echo "==> starting PostgreSQL"
    for version in $(ls /etc/postgresql 2>/dev/null); do
      pg_ctlcluster --skip-systemctl-redirect "$version" main start || true
    done
  fi
fi
if ! command -v pg_isready >/dev/null || ! pg_isready -q -h 127.0.0.1 -p 5432; then
  echo "==> no PostgreSQL on 127.0.0.1:5432; set ZHIYIN_TEST_POSTGRES=off to run the tests on SQLite alone"
fi
