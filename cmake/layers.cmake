# The layers, lowest first. base <- wire, net, store <- service, client <- prog.
layer(base
    SOURCES bytes.c clock.c entry.c id.c log.c status.c text.c
    LIBS PkgConfig::uuid PkgConfig::sodium)
