fuzz_target(rows store base PkgConfig::sqlite3)
fuzz_target(block store base PkgConfig::sqlite3)
