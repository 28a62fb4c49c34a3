#include "conclave.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "net/net.h"
#include "wire/wire.h"

/* Six lines:
 *     conclave cursor 2
 *     group NAME
 *     log UUID
 *     seq NUMBER
 *     ts NUMBER
 *     id UUID                                                                                */
#define HEAD           "conclave cursor 2"
#define FILE_BYTES_MAX 4096

static enum conclave_status
failed(char *out, size_t size, const struct fault *why)
{
    if (out != NULL && size > 0)
        snprintf(out, size, "%s", why->text);
    return CONCLAVE_LOCAL;
}

enum conclave_status
conclave_cursor_save(const char *path, const char *group, const struct conclave_cursor *cursor,
                     char *why, size_t size)
{
    char log[CONCLAVE_UUID_LEN + 1];
    char id[CONCLAVE_UUID_LEN + 1];
    char text[320];
    struct fault fault = {0};
    enum status st;

    if (sodium_init() < 0 || !text_is_group_name(span_of(group))) {
        fault_set(&fault, ST_INVALID, "that is not the name of a group");
        return failed(why, size, &fault);
    }
    conclave_id_format(&cursor->log, log);
    conclave_id_format(&cursor->id, id);
    snprintf(text, sizeof text, HEAD "\ngroup %s\nlog %s\nseq %llu\nts %lld\nid %s\n", group, log,
             (unsigned long long)cursor->seq, (long long)cursor->ts, id);
    st = file_make_place(path, &fault);
    if (st == ST_OK)
        st = file_replace(path, &(struct file_how){.mode = 0600}, span_of(text), &fault);
    return st == ST_OK ? CONCLAVE_OK : failed(why, size, &fault);
}

/* ---- reading ---- */

/* What is between word and the end of its line. */
static bool
take_line(struct span *left, const char *word, struct span *value)
{
    size_t len = strlen(word);
    const uint8_t *end;

    if (left->len < len || memcmp(left->p, word, len) != 0)
        return false;
    end = memchr(left->p + len, '\n', left->len - len);
    if (end == NULL)
        return false;
    *value = (struct span){left->p + len, (size_t)(end - left->p) - len};
    left->len -= (size_t)(end + 1 - left->p);
    left->p = end + 1;
    return true;
}

/* 19 of them fit always. */
static bool
take_number(uint64_t *out, struct span digits)
{
    uint64_t n = 0;

    if (digits.len == 0 || digits.len > 19 || (digits.len > 1 && digits.p[0] == '0'))
        return false;
    for (size_t i = 0; i < digits.len; i++) {
        if (digits.p[i] < '0' || digits.p[i] > '9')
            return false;
        n = n * 10 + (uint64_t)(digits.p[i] - '0');
    }
    *out = n;
    return true;
}

static bool
take_seq(uint64_t *out, struct span digits)
{
    return take_number(out, digits) && *out <= WIRE_SEQ_MAX;
}

/* Times before 1970 begin with a minus. */
static bool
take_ts(int64_t *out, struct span text)
{
    bool negative = text.len > 0 && text.p[0] == '-';
    uint64_t n;

    if (negative)
        text = (struct span){text.p + 1, text.len - 1};
    if (!take_number(&n, text) || n > (uint64_t)INT64_MAX + negative || (negative && n == 0))
        return false;
    *out = negative ? -(int64_t)(n - 1) - 1 : (int64_t)n;
    return true;
}

static bool
take_id(struct conclave_id *out, struct span text)
{
    char uuid[CONCLAVE_UUID_LEN + 1];

    if (text.len != CONCLAVE_UUID_LEN)
        return false;
    memcpy(uuid, text.p, text.len);
    uuid[text.len] = '\0';
    return conclave_id_parse(out, uuid);
}

static enum status
parse(struct conclave_cursor *out, struct span text, const char *path, const char *group,
      struct fault *why)
{
    struct span head;
    struct span name;
    struct span log;
    struct span seq;
    struct span ts;
    struct span id;

    if (!take_line(&text, HEAD, &head) || head.len > 0 || !take_line(&text, "group ", &name) ||
        !take_line(&text, "log ", &log) || !take_line(&text, "seq ", &seq) ||
        !take_line(&text, "ts ", &ts) || !take_line(&text, "id ", &id) || text.len > 0 ||
        !take_id(&out->log, log) || !take_seq(&out->seq, seq) || !take_ts(&out->ts, ts) ||
        !take_id(&out->id, id))
        return fault_set(why, ST_INVALID, "%s does not hold a cursor", path);
    if (!span_equal(name, span_of(group)))
        return fault_set(why, ST_CONFLICT, "the cursor in %s is of another group", path);
    return ST_OK;
}

enum conclave_status
conclave_cursor_load(const char *path, const char *group, struct conclave_cursor *out, char *why,
                     size_t size)
{
    struct fault fault = {0};
    struct conclave_cursor read = {.seq = 0};
    struct buf file;
    enum status st;

    buf_init(&file, FILE_BYTES_MAX);
    st = file_read(&file, NULL, path, FILE_ANY, &fault);
    if (st == ST_OK)
        st = file_settle(path, &fault);
    if (st == ST_OK)
        st = parse(&read, buf_span(&file), path, group, &fault);
    buf_clear(&file);
    if (st == ST_NOT_FOUND)
        return CONCLAVE_NONE;
    if (st != ST_OK)
        return failed(why, size, &fault);
    *out = read;
    return CONCLAVE_OK;
}
