#include "conclave.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "keyfile.h"
#include "net.h"
#include "text.h"
#include "wire.h"

/* Four lines:
 *     conclave cursor 1
 *     group NAME
 *     log UUID
 *     seq NUMBER                                                                             */
#define HEAD "conclave cursor 1"

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
    struct keyfile_draft draft = {.path = path, .mode = 0600};
    char log[CONCLAVE_UUID_LEN + 1];
    char text[256];
    struct fault fault = {{0}};

    if (sodium_init() < 0 || !text_is_group_name(span_of(group))) {
        fault_set(&fault, ST_INVALID, "that is not the name of a group");
        return failed(why, size, &fault);
    }
    conclave_id_format(&cursor->log, log);
    snprintf(text, sizeof text, HEAD "\ngroup %s\nlog %s\nseq %llu\n", group, log,
             (unsigned long long)cursor->seq);
    draft.content = span_of(text);
    return keyfile_write(&draft, 1, true, &fault) == ST_OK ? CONCLAVE_OK
                                                           : failed(why, size, &fault);
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

static bool
take_seq(uint64_t *out, struct span digits)
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
    return n <= WIRE_SEQ_MAX;
}

static bool
take_log(struct conclave_id *out, struct span text)
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

    if (!take_line(&text, HEAD, &head) || head.len > 0 || !take_line(&text, "group ", &name) ||
        !take_line(&text, "log ", &log) || !take_line(&text, "seq ", &seq) || text.len > 0 ||
        !take_log(&out->log, log) || !take_seq(&out->seq, seq))
        return fault_set(why, ST_INVALID, "%s does not hold a cursor", path);
    if (!span_equal(name, span_of(group)))
        return fault_set(why, ST_CONFLICT, "the cursor in %s is of another group", path);
    return ST_OK;
}

enum conclave_status
conclave_cursor_load(const char *path, const char *group, struct conclave_cursor *out, char *why,
                     size_t size)
{
    struct fault fault = {{0}};
    struct conclave_cursor read = {.seq = 0};
    struct keyfile file;
    enum status st;

    st = keyfile_read(&file, path, &fault);
    if (st == ST_OK)
        st = keyfile_settle(path, &fault);
    if (st == ST_OK)
        st = parse(&read, (struct span){(const uint8_t *)file.text, file.len}, path, group, &fault);
    keyfile_clear(&file);
    if (st == ST_NOT_FOUND)
        return CONCLAVE_NONE;
    if (st != ST_OK)
        return failed(why, size, &fault);
    *out = read;
    return CONCLAVE_OK;
}
