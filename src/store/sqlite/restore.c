#include "base/log.h"
#include "sqlite/impl.h"

static enum status
put(struct sqlite_store *self, const struct id *log, const struct past *past, struct fault *why)
{
    struct group_meta meta;
    enum status st = group_meta_get(self->upkeep[UPKEEP_META], &meta, why);

    meta.log = *log;
    if (st == ST_OK)
        st = group_meta_put(self->upkeep[UPKEEP_PUT_META], &meta, why);
    if (st == ST_OK)
        st = group_past_put(self->db, past, why);
    return st == ST_OK ? schema_mark(self->db, &group_schema, false, why) : st;
}

static enum status
write_all(struct sqlite_store *self, const struct id *log, const struct past *past,
          struct fault *why)
{
    enum status st = sql_run(self->q[Q_BEGIN], "write to", why);

    if (st == ST_OK)
        st = put(self, log, past, why);
    return st == ST_OK ? sql_run(self->q[Q_COMMIT], "write to", why) : st;
}

enum status
sqlite_restore(struct sqlite_store *self, struct fault *why)
{
    struct store_state *state = &self->base.state;
    struct past past = self->base.past;
    struct id log = id_random();
    char text[ID_TEXT_LEN + 1];
    enum status st;

    past_add(&past, &state->log, state->head);
    st = write_all(self, &log, &past, why);
    if (st != ST_OK)
        return st;
    self->base.past = past;
    state->log = log;
    id_format(&log, text);
    log_info("restored from a backup that ends with entry %llu; the log's new id is %s",
             (unsigned long long)state->head, text);
    return ST_OK;
}
