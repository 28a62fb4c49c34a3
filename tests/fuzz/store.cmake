fuzz_target(rows sqlite store base PkgConfig::sqlite3)
fuzz_target(block sqlite store base PkgConfig::sqlite3)
