/* The text of a key file. What is read lies inside the text, and what can be written again reads
 * the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "net/cert.h"
#include "net/keys.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(int holds)
{
    if (!holds)
        abort();
}

static int
is_quotable(struct span s)
{
    return s.len == 0 || (memchr(s.p, '"', s.len) == NULL && memchr(s.p, '\n', s.len) == NULL);
}

static void
check_inside(struct span value, struct span text)
{
    if (value.p != NULL)
        require(value.p >= text.p && value.len <= text.len - (size_t)(value.p - text.p));
}

static void
check_key(struct span value)
{
    uint8_t key[KEY_LEN];
    char z85[KEY_Z85_LEN + 1];
    char *text = strndup((const char *)value.p, value.len);

    require(text != NULL);
    if (key_from_z85(key, text) == ST_OK) {
        key_to_z85(key, z85);
        require(strcmp(z85, text) == 0);
    }
    free(text);
}

static void
check_rewritten(const struct cert_text *cert)
{
    struct cert_text again;
    struct buf out;

    buf_init(&out, 0);
    cert_format(&out, cert);
    require(!out.failed && cert_parse(&again, buf_span(&out), NULL) == ST_OK);
    require(span_equal(again.name, cert->name));
    require(span_equal(again.public_key, cert->public_key));
    require(span_equal(again.secret_key, cert->secret_key));
    buf_clear(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span text = {data, size};
    struct cert_text cert;
    struct fault why;

    if (cert_parse(&cert, text, &why) != ST_OK)
        return 0;
    check_inside(cert.name, text);
    check_inside(cert.public_key, text);
    check_inside(cert.secret_key, text);
    if (cert.public_key.p == NULL)
        return 0;
    check_key(cert.public_key);
    if (is_quotable(cert.name) && is_quotable(cert.public_key) && is_quotable(cert.secret_key))
        check_rewritten(&cert);
    return 0;
}
