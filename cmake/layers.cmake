# The layers, lowest first: base <- wire, net <- rpc; base <- roster <- store; wire, net <- service
# <- the two services; rpc <- client <- chat; and the programs on top. What USES names is all that a
# layer may include.
layer(base
    SOURCES array.c bytes.c clock.c deed.c entry.c file.c id.c log.c paths.c status.c text.c zpl.c
    LIBS PkgConfig::uuid PkgConfig::sodium)
layer(base/columns
    SOURCES width.c wrap.c
    USES base
    LIBS ${UNISTRING_LIBRARY})
layer(wire
    SOURCES frame.c mp.c pack.c row.c table.c
    USES base
    LIBS PkgConfig::msgpack)
layer(net
    SOURCES auth.c cert.c endpoint.c frame.c keys.c keyset.c link.c meter.c net.c sock.c unread.c
            watch.c
    USES base
    LIBS PkgConfig::sodium)
target_link_libraries(net PUBLIC PkgConfig::zmq)
layer(rpc
    SOURCES dial.c session.c
    USES wire net base
    LIBS PkgConfig::sodium)

layer(roster
    SOURCES invitations.c people.c person.c roster.c
    USES base)

# The store: the rules of the log, and below them what keeps the rows.
layer(store
    SOURCES block.c commit.c fold.c past.c store.c sum.c trim.c
    USES roster base
    LIBS PkgConfig::sodium Threads::Threads ${UNISTRING_LIBRARY})
# The rules open an engine without seeing into its folder.
target_link_libraries(store INTERFACE $<LINK_ONLY:sqlite>)
layer(store/sqlite
    SOURCES ballast.c datadir.c group_db.c log.c names.c names_roll.c read.c rows.c schema.c sql.c
            sqlite.c upkeep.c
    USES store roster base
    LIBS PkgConfig::sqlite3 PkgConfig::sodium Threads::Threads)
layer(store/search
    SOURCES file.c find.c index.c
    USES sqlite store roster base
    LIBS PkgConfig::sqlite3 ${UNISTRING_LIBRARY})
layer(store/tools
    SOURCES backup.c verify.c
    USES sqlite store roster base
    LIBS PkgConfig::sqlite3 PkgConfig::sodium)

# What a service is made of, and the two services.
layer(service
    SOURCES call.c intake.c pace.c probe.c service.c worker.c
    USES wire net base
    LIBS PkgConfig::sodium Threads::Threads)
target_link_libraries(service PUBLIC PkgConfig::czmq)
layer(service/server
    SOURCES contest.c directory.c host.c leases.c
    USES service sqlite wire net base
    LIBS PkgConfig::sodium)
layer(service/group
    SOURCES admin.c batch.c change.c door.c doubt.c feed.c feed_port.c group.c guesses.c history.c
            host.c invites.c lists.c members.c membership.c messages.c mirror.c recent.c registrar.c
            rules.c search.c stored.c tickets.c upkeep.c
    USES service search sqlite store roster rpc wire net base
    LIBS PkgConfig::sodium Threads::Threads)

# The client: what it keeps on disk, how it works, and conclave.h on top.
layer(client/disk
    SOURCES pin_file.c pins.c spool.c spool_format.c
    USES net base
    LIBS PkgConfig::sodium)
layer(client
    SOURCES feed.c feed_hints.c feed_pages.c frame_queue.c groups.c handle.c invite.c
            lies.c lookup.c nicks.c page.c posts.c refusal.c remote.c rows.c tail.c trust.c wakeup.c
    USES disk rpc wire net base
    LIBS PkgConfig::sodium PkgConfig::msgpack Threads::Threads)
target_include_directories(client PUBLIC include)
target_include_directories(disk PUBLIC include)
layer(client/api
    SOURCES configured.c cursor.c feed.c handle.c history.c info.c invites.c listing.c
            membership.c moderation.c search.c send.c
    USES client disk rpc wire net base
    LIBS PkgConfig::sodium)
target_include_directories(api PUBLIC include)

# conclave chat: what is shown, how it is drawn, how it is typed.
layer(chat/model
    SOURCES budget.c clean.c memory.c model.c talk.c
    USES columns base
    LIBS ${UNISTRING_LIBRARY})
target_include_directories(model PUBLIC include)
layer(chat/screen
    SOURCES bare.c grid.c hue.c layout.c panes.c panes_talk.c phrase.c scroll.c terminal.c theme.c
            view.c
    USES model columns base
    LIBS PkgConfig::ncursesw ${UNISTRING_LIBRARY})
layer(chat/input
    SOURCES complete.c editor.c editor_keys.c keyboard.c
    USES base
    LIBS ${UNISTRING_LIBRARY})
layer(chat
    SOURCES asking.c chat.c courier.c desk_bare.c desk_input.c desk_news.c desk_open.c desk_rooms.c
            desk_verbs.c ending.c mailbox.c news.c notify.c runner.c
    USES screen input model columns base api
    LIBS PkgConfig::ncursesw ${UNISTRING_LIBRARY} Threads::Threads)
