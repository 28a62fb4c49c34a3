/*
 * facts - what there is to tell of one thing, before it takes a form: the fields of its JSON object
 * in their order, and the columns in which people see them.
 * To tell a new thing takes one function, which fills the facts and hands them to one of the forms
 * below, or writes a sentence between tell_begin and tell_end.
 * Texts are borrowed until then. Threads: facts belong to one; no state beside them.
 */
#ifndef TELL_FACTS_H
#define TELL_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "tell/tell.h"

#define FACTS_MAX 24
#define JSON_ONLY 0 /* the column of what people do not see */

struct fact {
    const char *key; /* NULL: for people only */
    unsigned column; /* from 1; those in the same one stand there one behind the other */
    enum fact_kind { FACT_TEXT, FACT_BASE64, FACT_NUMBER, FACT_TIME, FACT_ID, FACT_FLAG } kind;
    union {
        struct span bytes; /* FACT_TEXT, FACT_BASE64 */
        uint64_t number;
        int64_t ns; /* since the epoch */
        struct conclave_id id;
        bool flag;
    };
};

struct facts {
    struct fact items[FACTS_MAX];
    size_t n;
};

/* A name or sentence. It should be UTF-8; where it is not, its escaped form is told. */
void fact_text(struct facts *f, const char *key, const char *text, unsigned column);
void fact_number(struct facts *f, const char *key, uint64_t number, unsigned column);
void fact_time(struct facts *f, const char *key, int64_t ns, unsigned column);
void fact_id(struct facts *f, const char *key, const struct conclave_id *id, unsigned column);
void fact_flag(struct facts *f, const char *key, bool flag);
/* "text", or where the bytes are not UTF-8 "body_base64". */
void fact_body(struct facts *f, struct span body);
void fact_base64(struct facts *f, const char *key, struct span bytes);
/* For people only. */
void fact_word(struct facts *f, const char *word, unsigned column);

/* ---- forms ---- */

/* What tell_* calls return: false once writing has failed or was stopped. */
bool tell_goes_on(const struct tell *t);
/* Begin a line for people, which tell_end ends. False: there is none, as the facts were told as an
 * object, or nothing is told any more; tell_goes_on says which. */
bool tell_begin(struct tell *t, const struct facts *f);
bool tell_end(struct tell *t);

/* An object, or a row of so many columns; the bits are those of struct table. */
struct columns {
    unsigned n;
    unsigned elastic;
    unsigned first;
};
#define COLUMN(i) (1u << ((i)-1))
bool tell_row(struct tell *t, const struct facts *f, const struct columns *columns);
/* An object, or n columns as lines, each behind its label. */
bool tell_fields(struct tell *t, const struct facts *f, const char *const labels[], unsigned n);
/* These lines below what was begun. */
void facts_put_fields(struct tell *t, const struct facts *f, const char *const labels[],
                      unsigned n);
/* The object, without a newline. Failure is in b->failed. */
void facts_put_json(struct buf *b, const struct facts *f);

#endif
