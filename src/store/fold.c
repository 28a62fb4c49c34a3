#include "store/fold.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>

#include "base/entry.h"

#define BLANK 0x2800 /* a Braille pattern without dots */

/* Leaves out what is not shown (zero-width characters and the like); returns the length. */
static size_t
drop_invisible(uint8_t *text, size_t len)
{
    size_t kept = 0;

    for (size_t at = 0; at < len;) {
        ucs4_t c;
        int n = u8_mbtouc(&c, text + at, len - at);

        if (!uc_is_property_default_ignorable_code_point(c) && c != BLANK) {
            memmove(text + kept, text + at, (size_t)n);
            kept += (size_t)n;
        }
        at += (size_t)n;
    }
    return kept;
}

/* What nobody sees may stand between a letter and its accent, so it goes first. Normalized before
 * folding as well: folding knows no compatibility forms, and some of them are capitals. */
bool
fold_name(struct fold *out, struct span name)
{
    uint8_t seen[NAME_MAX_BYTES];
    size_t seen_len = name.len <= sizeof seen ? name.len : 0, plain_len = 0, folded_len = 0;
    uint8_t *plain, *folded;
    bool ok;

    if (seen_len > 0)
        memcpy(seen, name.p, seen_len);
    seen_len = drop_invisible(seen, seen_len);
    plain = u8_normalize(UNINORM_NFKC, seen, seen_len, NULL, &plain_len);
    folded =
        plain != NULL ? u8_casefold(plain, plain_len, NULL, UNINORM_NFKC, NULL, &folded_len) : NULL;
    if (folded != NULL)
        folded_len = drop_invisible(folded, folded_len);
    ok = folded != NULL && folded_len > 0;
    if (ok)
        crypto_generichash(out->bytes, sizeof out->bytes, folded, folded_len, NULL, 0);
    free(plain);
    free(folded);
    return ok;
}

bool
fold_equal(const struct fold *a, const struct fold *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}
