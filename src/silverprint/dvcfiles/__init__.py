"""DVC's files: dvc.yaml, dvc.lock and the cache, read and edited without importing DVC."""
