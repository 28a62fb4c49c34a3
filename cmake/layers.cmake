# The layers, lowest first. base <- wire, net, store <- service, client <- prog.
layer(base
    SOURCES bytes.c clock.c entry.c id.c log.c status.c text.c
    LIBS PkgConfig::uuid PkgConfig::sodium)
layer(wire
    SOURCES mp.c wire_code.c wire_feed.c wire_list.c wire_pack.c wire_reply.c wire_request.c
            wire_row.c wire_table.c
    USES base
    LIBS PkgConfig::msgpack)
layer(net
    SOURCES auth.c endpoint.c frame.c keyfile.c keys.c keyset.c link.c net.c sock.c zpl.c
    USES base
    LIBS PkgConfig::sodium)
target_link_libraries(net PUBLIC PkgConfig::zmq)
layer(store
    SOURCES backup.c ballast.c datadir.c db.c entry_row.c group_db.c memory.c names.c people.c
            schema.c sql.c sqlite.c sqlite_checkpoint.c sqlite_read.c sqlite_upkeep.c sum.c trim.c
            verify.c
    USES base
    LIBS PkgConfig::sqlite3 Threads::Threads)
layer(service
    SOURCES batch.c call.c directory.c group.c group_feed.c group_history.c group_host.c
            group_members.c group_messages.c group_upkeep.c members.c registrar.c server_host.c
            service.c sessions.c worker.c
    USES wire net store
    LIBS PkgConfig::sodium Threads::Threads)
target_link_libraries(service PUBLIC PkgConfig::czmq)
layer(client
    SOURCES client.c dial.c engine.c events.c feed.c feed_reel.c history.c known.c listing.c lookup.c
            membership.c nicks.c posts.c refusal.c sending.c session.c tail.c wakeup.c
    USES wire net
    LIBS PkgConfig::sodium)
target_include_directories(client PUBLIC include)
