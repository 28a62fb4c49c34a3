/* Key files for tests: each test in a directory of its own, and the example pair of
 * rfc.zeromq.org/spec/26. */
#ifndef KEY_FILES_H
#define KEY_FILES_H

#include <sys/types.h>

#define PUBLIC_Z85 "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"
#define SECRET_Z85 "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs"

#define CURVE_SECTION "curve\n    public-key = \"" PUBLIC_Z85 "\"\n"
#define SECRET_LINE   "    secret-key = \"" SECRET_Z85 "\"\n"

/* Setup and teardown of a test: into a new directory, and away with it. */
int enter_directory(void **state);
int leave_directory(void **state);

void write_file(const char *path, const char *text, mode_t mode);
mode_t mode_of(const char *path);

#endif
