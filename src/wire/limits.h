/*
 * limits - every bound on what comes from outside, and how they relate.
 */
#ifndef WIRE_LIMITS_H
#define WIRE_LIMITS_H

#include "base/entry.h"

#define WIRE_PROTOCOL        1      /* version of the protocol, docs/protocol.md */
#define WIRE_REQUEST_MAX     65536  /* bytes of a request */
#define WIRE_REPLY_MAX       307200 /* bytes of a reply */
#define WIRE_PAGE_BYTES_MAX  262144 /* bytes of entries in one page of history */
#define WIRE_PAGE_BYTES      65536  /* the same, when the request does not say */
#define WIRE_PAGE_ROWS_MAX   4096   /* entries in one page */
#define WIRE_FEED_BYTES      65536  /* entries in one feed frame */
#define WIRE_FEED_MAX        69632  /* bytes of a feed frame */
#define WIRE_LIST_ROWS_MAX   500    /* groups or members in one page */
#define WIRE_SEND_MAX        1000   /* messages in one send_message */
#define WIRE_NODES_MAX       4096   /* MessagePack objects in a request */
#define WIRE_DEPTH_MAX       8      /* nested arrays and maps */
#define WIRE_ENTRY_OVERHEAD  60     /* bytes of an entry beside body and ext (ext empty) */
#define WIRE_DESCRIPTION_MAX 256
#define WIRE_ADDRESS_MAX     255
#define WIRE_TICKET_LEN      16
#define WIRE_WORDS_MAX       256
#define WIRE_INVITE_USES_MAX 100000
#define WIRE_INVITE_MS_MAX   31622400000 /* 366 days */
#define WIRE_KEY_LEN         32
#define WIRE_ERROR_TEXT_MAX  256
#define WIRE_END_MAX         32                    /* of the code in which a feed ends */
#define WIRE_FIELDS_MAX      32                    /* pairs in a map with named fields */
#define WIRE_SEQ_MAX         ((uint64_t)INT64_MAX) /* so that head + 1 never wraps */
#define WIRE_LEASE_MS_MAX    86400000              /* a day: of a lease, and of its renewal */

_Static_assert(BODY_MAX_BYTES + EXT_MAX_BYTES + 256 <= WIRE_FEED_BYTES &&
                   WIRE_FEED_BYTES + 1024 <= WIRE_FEED_MAX,
               "an entry, and what is around entries, fits into a feed frame");
_Static_assert(BODY_MAX_BYTES + EXT_MAX_BYTES + 256 <= WIRE_REQUEST_MAX,
               "one message of the largest size fits a request");
_Static_assert(3 + WIRE_SEND_MAX * 4 <= WIRE_NODES_MAX, "a full send fits the node bound");
_Static_assert(WIRE_PAGE_BYTES_MAX + BODY_MAX_BYTES + EXT_MAX_BYTES + 1024 <= WIRE_REPLY_MAX,
               "a full page fits a reply");

#endif
