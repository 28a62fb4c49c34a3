/* conclave-keygen - makes and shows CURVE identities. */
#include <stdio.h>
#include <string.h>

#include "base/id.h"
#include "base/text.h"
#include "cli/opts.h"
#include "cli/program.h"
#include "net/keys.h"

#define PROGRAM "conclave-keygen"

struct request {
    const char *file;
    const char *name; /* NULL: of the file */
    bool force;
    bool show;
};

static int
fail_local(const char *reason, const char *hint)
{
    fprintf(stderr, "%s: %s%s\n", PROGRAM, reason, hint);
    return CONCLAVE_LOCAL;
}

/* What may be told to anybody. */
static int
print_cert(const struct cert *cert)
{
    char name[4 * NAME_MAX_BYTES + 1];
    char z85[KEY_Z85_LEN + 1];
    char uuid[ID_TEXT_LEN + 1];
    char fingerprint[FINGERPRINT_LEN + 1];
    struct id id = id_of_key(cert->key);

    text_escape_fixed(name, sizeof name, cert->name);
    key_to_z85(cert->key, z85);
    id_format(&id, uuid);
    key_fingerprint(cert->key, fingerprint);
    printf("name:        %s\n", name);
    printf("public key:  %s\n", z85);
    printf("uuid:        %s\n", uuid);
    printf("fingerprint: %s\n", fingerprint);
    if (fflush(stdout) != 0 || ferror(stdout))
        return fail_local("cannot write to standard output", "");
    return CONCLAVE_OK;
}

/* The last part of the path, without ".key". */
static void
name_of_file(char name[static NAME_MAX_BYTES + 1], const char *file)
{
    const char *slash = strrchr(file, '/');
    const char *base = slash != NULL ? slash + 1 : file;
    size_t len = strlen(base);

    if (len > 4 && strcmp(base + len - 4, ".key") == 0)
        len -= 4;
    /* One that is too long must not pass as its beginning. */
    if (len > NAME_MAX_BYTES)
        len = 0;
    memcpy(name, base, len);
    name[len] = '\0';
}

static int
generate(const struct request *r)
{
    struct keypair pair = {0};
    struct cert cert;
    struct fault why = {0};
    char name[NAME_MAX_BYTES + 1];
    enum status st;

    name_of_file(name, r->file);
    if (r->name == NULL && name[0] == '\0')
        return opts_misuse(PROGRAM, "no name can be made of FILE: give one with --name");
    if (keypair_generate(&pair, r->name != NULL ? r->name : name) != ST_OK)
        return opts_misuse(PROGRAM, "a name is 1 to %d bytes of UTF-8 without quotes and controls",
                           NAME_MAX_BYTES);
    st = keypair_save(&pair, r->file, r->force, &why);
    cert = pair.cert;
    keypair_clear(&pair);
    if (st == ST_EXISTS)
        return fail_local(why.text, "; --force replaces it");
    if (st != ST_OK)
        return fail_local(why.text, "");
    return print_cert(&cert);
}

static int
show(const struct request *r)
{
    struct cert cert;
    struct fault why = {0};

    if (cert_load(&cert, r->file, &why) != ST_OK)
        return fail_local(why.text, "");
    return print_cert(&cert);
}

/* -1: go on. */
static int
parse(struct request *r, int argc, char **argv)
{
    const struct opt opts[] = {
        {.name = "name",
         .letter = 'n',
         .arg = "NAME",
         .env = "CONCLAVE_KEYGEN_NAME",
         .help = "name in the certificates (default: FILE's, without .key)",
         .value = &r->name},
        {.name = "force",
         .letter = 'f',
         .env = "CONCLAVE_KEYGEN_FORCE",
         .help = "replace existing files",
         .on = &r->force},
        {.name = "show",
         .letter = 's',
         .env = "CONCLAVE_KEYGEN_SHOW",
         .help = "show an existing FILE, public or secret",
         .on = &r->show},
    };
    const struct opt_set set = {
        .program = PROGRAM,
        .synopsis = "[OPTION...] FILE",
        .summary = "make and show identities",
        .about = "Make a CURVE identity: FILE, to be given to others, and FILE_secret, to be kept.",
        .opts = opts,
        .n_opts = sizeof opts / sizeof opts[0],
        .more = "Prints name, public key, UUID and a fingerprint to compare aloud; never the "
                "secret key.",
    };
    int first = 0;
    int end = opts_parse(&set, argc, argv, false, &first);

    if (end >= 0)
        return end;
    if (argc - first != 1 || argv[first][0] == '\0')
        return opts_misuse(PROGRAM, "exactly one FILE is needed");
    if (r->show && (r->force || r->name != NULL))
        return opts_misuse(PROGRAM, "--show changes nothing: no --name, no --force");
    r->file = argv[first];
    return -1;
}

int
main(int argc, char **argv)
{
    struct request r = {0};
    int end;

    program_harden(PROGRAM);
    end = parse(&r, argc, argv);
    if (end >= 0)
        return end;
    return r.show ? show(&r) : generate(&r);
}
