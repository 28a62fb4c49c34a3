fuzz_target(shape wire base PkgConfig::msgpack)
fuzz_target(request wire base)
fuzz_target(reply wire base)
fuzz_target(feed wire base)
