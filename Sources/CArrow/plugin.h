// What Tessera asks of the plugin over the Arrow C++ libraries (tools/arrow/plugin.cc), which is opened at run time.
// Data pass as ArrowArrayStream. Every call gives 0, or a code and its reason as text; no exception crosses.
#ifndef TESSERA_ARROW_PLUGIN_H
#define TESSERA_ARROW_PLUGIN_H

#include <stdint.h>

#include "arrow_c.h"

// Goes up when anything below changes; a plugin with another number is refused.
#define TESSERA_ARROW_INTERFACE 1

enum {
    TESSERA_ARROW_OK = 0,
    // The file cannot be opened or read.
    TESSERA_ARROW_INPUT = 1,
    // The file is not what it says it is, or breaks the rules of its format.
    TESSERA_ARROW_DATA = 2,
    // A column that was asked for is not there.
    TESSERA_ARROW_COLUMN = 3,
    // Writing failed, or the stream that was to be written did.
    TESSERA_ARROW_OUTPUT = 4,
};

#ifdef __cplusplus
extern "C" {
#endif

// Takes bytes of a file that is being written; anything but 0 ends the writing.
typedef int32_t (*tessera_arrow_sink)(void *context, const void *bytes, int64_t count);

// TESSERA_ARROW_INTERFACE of the plugin's source.
typedef int32_t (*tessera_arrow_interface_function)(void);

// The Arrow release the plugin was built with and the one it runs with, such as "26.0.1".
typedef const char *(*tessera_arrow_release_function)(int32_t at_run_time);

// Opens a Parquet file, or an Arrow IPC file or stream (Feather is one), as a stream of record batches.
// columns: names of columns at the top, all of them where column_count is negative; unknown ones are an error.
// batch_rows: rows of a batch at most. threads: of Arrow's own pool, which the whole process shares; 1 reads on the caller's.
// rows: set to the rows of the file, -1 where only its end would tell.
typedef int32_t (*tessera_arrow_open_function)(
    const char *path, const char *const *columns, int64_t column_count, int64_t batch_rows, int32_t threads,
    struct ArrowArrayStream *out, int64_t *rows, char *error, int64_t error_capacity);

// Writes a stream as Parquet, zstd within, and releases it. Row groups have row_group_rows rows at most; the Arrow schema is kept in the
// file, so that fixed-size lists stay what they are.
typedef int32_t (*tessera_arrow_write_function)(
    struct ArrowArrayStream *in, int64_t row_group_rows, tessera_arrow_sink sink, void *context, char *error, int64_t error_capacity);

#ifdef __cplusplus
}
#endif
#endif
