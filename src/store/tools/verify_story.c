#include "tools/verify_story.h"

#include <stddef.h>

#include "sqlite/sql.h"
#include "store/store.h"

#define STRING_OF(x) #x
#define STRING(x)    STRING_OF(x)

#define BASE "(SELECT base_seq FROM meta)"
/* Whom an entry of kind 4 to 7 is about. */
#define SUBJECT "substr(body, 1, 16)"
/* Of so many stays since then the older ones may be forgotten. */
#define REMEMBERED " < " STRING(STAYS_MAX)

/* Each statement gives the numbers of entries for which the sentence is true. With max() the other
 * columns are of the row that has the maximum. */
static const struct {
    const char *sql;
    const char *sentence;
} stories[] = {
    {"SELECT seq FROM entry WHERE kind = 2 AND NOT EXISTS (SELECT 1 FROM stay"
     " WHERE person = author AND joined_seq = seq AND joined_ts = ts)"
     " AND (SELECT count(*) FROM stay WHERE person = author AND joined_seq > seq)" REMEMBERED,
     "joined, but the list of members does not know it"},
    {"SELECT seq FROM entry WHERE kind = 3 AND NOT EXISTS (SELECT 1 FROM stay"
     " WHERE person = author AND left_seq = seq AND left_ts = ts)"
     " AND (SELECT count(*) FROM stay WHERE person = author AND joined_seq > seq)" REMEMBERED,
     "left, but the list of members does not know it"},
    {"SELECT seq FROM entry WHERE kind = 4 AND NOT EXISTS (SELECT 1 FROM person, stay"
     " WHERE uuid = " SUBJECT " AND person = no AND left_seq = seq AND left_ts = ts)"
     " AND (SELECT count(*) FROM person, stay"
     " WHERE uuid = " SUBJECT " AND person = no AND joined_seq > seq)" REMEMBERED,
     "kicked, but the list of members does not know it"},
    {"SELECT joined_seq FROM stay WHERE joined_seq > " BASE " AND NOT EXISTS"
     " (SELECT 1 FROM entry WHERE seq = joined_seq AND kind = 2 AND author = person)",
     "a membership begins here, but nobody joined"},
    {"SELECT left_seq FROM stay WHERE left_seq > " BASE " AND NOT EXISTS (SELECT 1 FROM entry"
     " WHERE seq = left_seq AND (kind = 3 AND author = stay.person OR kind IN (4, 5)"
     " AND " SUBJECT " = (SELECT uuid FROM person WHERE no = stay.person)))",
     "a membership ends here, but nobody left or was removed"},
    {"SELECT latest FROM (SELECT max(seq) AS latest, author AS who, body AS said FROM entry"
     " WHERE kind IN (2, 9) GROUP BY author)"
     " WHERE said IS NOT (SELECT CAST(nick AS BLOB) FROM person WHERE no = who)",
     "a nick was taken, but the list of members has another"},
    {"SELECT ban_seq FROM standing WHERE ban_seq > " BASE " AND NOT EXISTS (SELECT 1 FROM entry"
     " WHERE seq = ban_seq AND kind = 5 AND ts = ban_ts"
     " AND " SUBJECT " = (SELECT uuid FROM person WHERE no = standing.person)"
     " AND banned_by = (SELECT uuid FROM person WHERE no = author))",
     "a ban begins here, but nobody was banned"},
    {"SELECT latest FROM (SELECT max(seq) AS latest, kind AS last, " SUBJECT " AS who FROM entry"
     " WHERE kind IN (5, 6) GROUP BY " SUBJECT ")"
     " WHERE CASE last WHEN 5 THEN latest ELSE 0 END"
     " IS NOT (SELECT ban_seq FROM person, standing WHERE uuid = who AND person = no)",
     "a ban began or was lifted, but the list of members does not know it"},
    {"SELECT latest FROM (SELECT max(seq) AS latest, kind AS last, body AS said FROM entry"
     " WHERE kind IN (4, 5, 7) GROUP BY " SUBJECT ")"
     " WHERE CASE last WHEN 7 THEN substr(said, 17, 1) ELSE x'00' END"
     " IS NOT CASE coalesce((SELECT role FROM person, standing"
     " WHERE uuid = substr(said, 1, 16) AND person = no), 0)"
     " WHEN 0 THEN x'00' WHEN 1 THEN x'01' ELSE x'02' END",
     "a role was given or ended, but the list of members does not know it"},
    {"SELECT latest FROM (SELECT max(seq) AS latest, body AS said FROM entry WHERE kind = 8)"
     " WHERE latest IS NOT NULL AND said IS NOT (SELECT topic FROM about)",
     "the topic was set, but is another"},
};

static enum status
check(sqlite3 *db, size_t i, verify_story_gap *tell, void *ctx, struct fault *why)
{
    sqlite3_stmt *q = NULL;
    enum status st = sql_prepare(db, &q, &stories[i].sql, 1, why);
    int rc = SQLITE_ROW;

    while (st == ST_OK && (rc = sqlite3_step(q)) == SQLITE_ROW)
        tell(ctx, sqlite3_column_int64(q, 0), stories[i].sentence);
    if (st == ST_OK && rc != SQLITE_DONE)
        st = sql_fault(why, db, rc, "read");
    sql_finalize(&q, 1);
    return st;
}

enum status
verify_story_check(sqlite3 *db, verify_story_gap *tell, void *ctx, struct fault *why)
{
    enum status st = ST_OK;

    for (size_t i = 0; st == ST_OK && i < sizeof stories / sizeof stories[0]; i++)
        st = check(db, i, tell, ctx, why);
    return st;
}
