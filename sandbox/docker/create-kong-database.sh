#!/bin/sh
# Run once by the postgres image, on an empty data folder: the role and the database that Kong uses.
set -eu
psql --username postgres --no-psqlrc --set ON_ERROR_STOP=1 <<SQL
\getenv password KONG_PG_PASSWORD
CREATE ROLE kong LOGIN PASSWORD :'password';
CREATE DATABASE kong OWNER kong;
SQL
