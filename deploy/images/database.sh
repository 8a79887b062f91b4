#!/bin/sh
# Runs once in the official PostgreSQL image (docker-entrypoint-initdb.d): roles and databases.
# CKAN's write role owns neither the DataStore database nor its schema, so it cannot take back a frozen table.
set -eu
psql -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" \
  -v ckan="$CKAN_PASSWORD" -v writer="$DATASTORE_WRITE_PASSWORD" -v reader="$DATASTORE_READ_PASSWORD" <<'SQL'
create role ckan login password :'ckan';
create role datastore_write login password :'writer';
create role datastore_read login password :'reader';
create role datastore_owner nologin;
create database ckan owner ckan;
create database datastore owner datastore_owner;
\connect ckan
create extension postgis;
alter table spatial_ref_sys owner to ckan;
SQL
