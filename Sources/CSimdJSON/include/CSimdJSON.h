// A plain C face of simdjson: one JSON object at a time, a fixed list of dotted paths, their values as text.
// No exception crosses this boundary and nothing allocates once the longest line has been seen.
#ifndef TESSERA_CSIMDJSON_H
#define TESSERA_CSIMDJSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Bytes that must be readable behind the end of every line.
#define CSIMDJSON_PADDING 64

typedef struct csimdjson_parser csimdjson_parser;

/// The text of one value: UTF-8, unescaped for strings, as JSON for arrays and objects. A negative count says null or absent.
/// Valid until the next call with the same parser.
typedef struct {
    const uint8_t *bytes;
    ptrdiff_t count;
} csimdjson_text;

typedef enum {
    CSIMDJSON_OK = 0,
    CSIMDJSON_MALFORMED = 1,
    CSIMDJSON_TOO_DEEP = 2,
    CSIMDJSON_NOT_UTF8 = 3,
    CSIMDJSON_NOT_AN_OBJECT = 4,
    CSIMDJSON_NO_MEMORY = 5,
} csimdjson_status;

/// Makes a parser for `count` paths (each with its length), or NULL without memory. A path is first taken as the name of a
/// member, then as names joined by dots (`\.` is a dot within a name); a number between dots counts the elements of an array from 0.
/// `list.*` is the strings and numbers of an array with a space between, or the value itself where it is none.
/// `list[name]` at its end is the value of `name` in a list of {key, value} objects: itself, or its first member of `string_value`,
/// `int_value`, `float_value`, `double_value` that is not null. Each list is looked through once a row. `list[]` is all its pairs in byte
/// order: key, 0x1F, value, 0x1E. `[vendor/name].` within a path asks self-describing JSON (`{"schema": "iglu:vendor/name/…", "data": …}`,
/// alone, wrapped or in a list) for the data of that schema, whatever its version.
/// Where `is_list[k]`, an array comes as its elements, each behind a byte 0xFF (which no UTF-8 holds): strings unescaped, null as nothing,
/// the rest as JSON. A path may be there twice.
/// `rows` is NULL where a line is a row; otherwise the path of an array whose elements are, and paths that begin with it are those of an
/// element.
csimdjson_parser *csimdjson_create(
    const char *const *paths, const size_t *lengths, const bool *is_list, size_t count, const char *rows, size_t maximum_depth);
void csimdjson_destroy(csimdjson_parser *parser);

/// Parses one line and sets `texts[k]` for every path k; where the parser has rows it sets their number instead, or -1 without a list of
/// them.
csimdjson_status csimdjson_parse(
    csimdjson_parser *parser, const uint8_t *line, size_t length, csimdjson_text *texts, ptrdiff_t *rows);

/// Sets `texts[k]` for every path k from one of the rows of the last line, which must still be there.
csimdjson_status csimdjson_row(csimdjson_parser *parser, size_t index, csimdjson_text *texts);

/// Parses one cell of a table, which may be an array as well as an object, and sets `texts[k]` for every path k. Not where the parser has
/// rows.
csimdjson_status csimdjson_parse_cell(csimdjson_parser *parser, const uint8_t *text, size_t length, csimdjson_text *texts);

/// Lists the paths of a cell's values that are not objects: behind `[vendor/name].` in self-describing JSON, of the first element in a
/// list of other objects.
csimdjson_status csimdjson_list_cell_paths(csimdjson_parser *parser, const uint8_t *text, size_t length, csimdjson_text *paths);

/// Parses one line and lists the paths of all its values that are not objects, one a line, in order; to find out columns.
csimdjson_status csimdjson_list_paths(csimdjson_parser *parser, const uint8_t *line, size_t length, csimdjson_text *paths);

#ifdef __cplusplus
}
#endif
#endif
