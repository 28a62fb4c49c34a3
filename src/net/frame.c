#include <stdlib.h>
#include <string.h>

#include "net/net.h"

void
frame_init(struct frame *f)
{
    zmq_msg_init(&f->msg);
}

static void
free_bytes(void *bytes, void *hint)
{
    (void)hint;
    free(bytes);
}

enum status
frame_from_buf(struct frame *f, struct buf *b)
{
    if (b->failed)
        return ST_NOMEM;
    if (zmq_msg_init_data(&f->msg, b->p, b->len, free_bytes, NULL) != 0) {
        zmq_msg_init(&f->msg);
        return ST_NOMEM;
    }
    buf_init(b, b->max);
    return ST_OK;
}

enum status
frame_copy_bytes(struct frame *f, struct span bytes)
{
    if (zmq_msg_init_size(&f->msg, bytes.len) != 0) {
        zmq_msg_init(&f->msg);
        return ST_NOMEM;
    }
    if (bytes.len > 0)
        memcpy(zmq_msg_data(&f->msg), bytes.p, bytes.len);
    return ST_OK;
}

enum status
frame_share(struct frame *dst, struct frame *src)
{
    zmq_msg_init(&dst->msg);
    return zmq_msg_copy(&dst->msg, &src->msg) == 0 ? ST_OK : ST_NOMEM;
}

void
frame_move(struct frame *dst, struct frame *src)
{
    zmq_msg_move(&dst->msg, &src->msg);
}

void
frame_clear(struct frame *f)
{
    zmq_msg_close(&f->msg);
    zmq_msg_init(&f->msg);
}

struct span
frame_span(struct frame *f)
{
    return (struct span){.p = zmq_msg_data(&f->msg), .len = zmq_msg_size(&f->msg)};
}
