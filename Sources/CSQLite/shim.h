#include <sqlite3.h>

/* sqlite3_db_config takes any number of arguments, which Swift cannot call. Keeps SQL text in a file from doing harm: no writing to the
   schema, no SQL functions with side effects in triggers or views. */
static inline int tessera_sqlite_defend(sqlite3 *database) {
    int result = sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)0);
    if (result != SQLITE_OK) return result;
    return sqlite3_db_config(database, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, (int *)0);
}
