#!/bin/sh
# The databases of Label Studio and of MLflow, each with a role of its own, which alone may connect to it. Reads
# LABEL_STUDIO_PASSWORD and MLFLOW_PASSWORD; psql finds the server and its administrator by libpq's variables.
# The container runs it once, on an empty data folder; run again it changes nothing but the passwords.
set -eu
psql --set=ON_ERROR_STOP=1 --no-psqlrc --quiet --username "${POSTGRES_USER:-postgres}" --dbname postgres <<'SQL'
\getenv label_studio LABEL_STUDIO_PASSWORD
\getenv mlflow MLFLOW_PASSWORD
SELECT format('CREATE ROLE %I LOGIN', name) FROM unnest(ARRAY['label_studio', 'mlflow']) AS name
  WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec
ALTER ROLE label_studio PASSWORD :'label_studio';
ALTER ROLE mlflow PASSWORD :'mlflow';
SELECT format('CREATE DATABASE %I OWNER %I', name, name) FROM unnest(ARRAY['label_studio', 'mlflow']) AS name
  WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = name) \gexec
REVOKE CONNECT ON DATABASE label_studio FROM PUBLIC;
REVOKE CONNECT ON DATABASE mlflow FROM PUBLIC;
SQL
