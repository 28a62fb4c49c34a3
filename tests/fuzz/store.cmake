fuzz_target(rows store base PkgConfig::sqlite3)
