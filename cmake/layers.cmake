# The layers, lowest first. base <- wire, net, store <- service, client <- prog.
layer(base
    SOURCES bytes.c clock.c entry.c id.c log.c paths.c status.c text.c zpline.c
    LIBS PkgConfig::uuid PkgConfig::sodium)
layer(wire
    SOURCES mp.c wire_code.c wire_feed.c wire_list.c wire_pack.c wire_reply.c wire_request.c
            wire_row.c wire_table.c
    USES base
    LIBS PkgConfig::msgpack)
layer(net
    SOURCES auth.c ending.c endpoint.c frame.c keyfile.c keys.c keyset.c link.c meter.c net.c sock.c
            unread.c watch.c zpl.c
    USES base
    LIBS PkgConfig::sodium)
target_link_libraries(net PUBLIC PkgConfig::zmq)
layer(store
    SOURCES admission.c backup.c ballast.c block.c change.c datadir.c db.c fold.c group_db.c
            group_move.c group_rows.c invites.c membership.c memory.c names.c names_roll.c past.c
            people.c roster.c schema.c search.c search_file.c search_find.c sql.c sqlite.c sqlite_checkpoint.c sqlite_log.c
            sqlite_read.c sqlite_restore.c sqlite_rows.c sqlite_upkeep.c story.c sum.c trim.c
            verify.c
    USES base
    LIBS PkgConfig::sqlite3 PkgConfig::sodium Threads::Threads ${UNISTRING_LIBRARY})
layer(service
    SOURCES batch.c call.c contest.c directory.c doubt.c feed_port.c group.c group_admin.c
            group_changes.c
            group_feed.c group_history.c group_host.c group_invites.c group_lists.c group_loop.c
            group_members.c group_messages.c group_mirror.c group_removal.c group_rules.c
            group_search.c group_upkeep.c guests.c intake.c leases.c members.c pace.c probe.c recent.c
            registrar.c server_host.c service.c sessions.c worker.c
    USES wire net store
    LIBS PkgConfig::sodium Threads::Threads)
target_link_libraries(service PUBLIC PkgConfig::czmq)
layer(client
    SOURCES admin_lists.c client.c configured.c cursor.c dial.c engine.c events.c feed.c feed_link.c feed_pages.c
            feed_reel.c groups.c history.c info.c invite.c inviting.c known.c lies.c listing.c
            lookup.c membership.c moderation.c nicks.c page.c pin_file.c pins.c places.c posts.c refusal.c
            search.c sending.c session.c session_calls.c spool.c spool_file.c spool_load.c
            spool_queue.c tail.c trust.c wakeup.c
    USES wire net
    LIBS PkgConfig::sodium PkgConfig::msgpack Threads::Threads)
target_include_directories(client PUBLIC include)
layer(chat
    SOURCES asking.c bare.c budget.c chat.c clean.c complete.c courier.c desk_bare.c desk_input.c desk_news.c desk_open.c
            desk_rooms.c desk_verbs.c editor.c editor_keys.c ending.c grid.c hue.c items.c keep.c
            keyboard.c layout.c mailbox.c model.c news.c notify.c panes.c panes_talk.c phrase.c runner.c
            scroll.c talk.c talk_people.c terminal.c theme.c view.c wrap.c
    USES client
    LIBS PkgConfig::ncursesw ${UNISTRING_LIBRARY} Threads::Threads)
