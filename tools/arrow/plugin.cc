// Reads Parquet and Arrow files, and writes Parquet, through the Arrow C++ libraries. tools/install-arrow builds it; Tessera opens it at
// run time and talks to it through Sources/CArrow/plugin.h only. What can throw stands within `guarded`.
#include <arrow/c/bridge.h>
#include <arrow/config.h>
#include <arrow/io/file.h>
#include <arrow/ipc/reader.h>
#include <arrow/record_batch.h>
#include <arrow/table.h>
#include <arrow/util/config.h>
#include <arrow/util/thread_pool.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/schema.h>
#include <parquet/arrow/writer.h>
#include <parquet/file_reader.h>

#include <cstring>
#include <exception>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "plugin.h"

#define EXPORTED extern "C" __attribute__((visibility("default")))

namespace {

using arrow::RecordBatch;
using arrow::Status;
using Batches = std::shared_ptr<arrow::RecordBatchReader>;

struct Failure {
    int32_t code;
    std::string text;
};

void require(const Status& status, int32_t code) {
    if (!status.ok()) throw Failure{code, status.ToStringWithoutContextLines()};
}
template <typename Value>
Value require(arrow::Result<Value> result, int32_t code) {
    require(result.status(), code);
    return std::move(result).ValueUnsafe();
}

template <typename Body>
int32_t guarded(char* error, int64_t capacity, int32_t otherwise, Body body) noexcept {
    auto tell = [&](int32_t code, const char* text) {
        if (error && capacity > 0) {
            std::strncpy(error, text, static_cast<size_t>(capacity - 1));
            error[capacity - 1] = 0;
        }
        return code;
    };
    try {
        body();
        return TESSERA_ARROW_OK;
    } catch (const Failure& failure) {
        return tell(failure.code, failure.text.c_str());
    } catch (const std::exception& exception) {
        return tell(otherwise, exception.what());
    } catch (...) {
        return tell(otherwise, "an unknown exception");
    }
}

// Files come from anywhere: what a batch says of itself is checked before it leaves. Exceptions of the libraries become errors of the
// stream.
class CheckedBatches : public arrow::RecordBatchReader {
  public:
    explicit CheckedBatches(Batches batches) : batches_(std::move(batches)) {}
    std::shared_ptr<arrow::Schema> schema() const override { return batches_->schema(); }
    Status ReadNext(std::shared_ptr<RecordBatch>* batch) override {
        try {
            ARROW_RETURN_NOT_OK(batches_->ReadNext(batch));
            return *batch ? (*batch)->Validate() : Status::OK();
        } catch (const std::exception& exception) {
            return Status::IOError(exception.what());
        }
    }

  private:
    Batches batches_;
};

class ParquetBatches : public arrow::RecordBatchReader {
  public:
    ParquetBatches(std::unique_ptr<parquet::arrow::FileReader> file, Batches batches)
        : file_(std::move(file)), batches_(std::move(batches)) {}
    std::shared_ptr<arrow::Schema> schema() const override { return batches_->schema(); }
    Status ReadNext(std::shared_ptr<RecordBatch>* batch) override { return batches_->ReadNext(batch); }

  private:
    std::unique_ptr<parquet::arrow::FileReader> file_;
    Batches batches_;
};

// Batches of an IPC file, in pieces of so many rows.
class FileBatches : public arrow::RecordBatchReader {
  public:
    FileBatches(std::shared_ptr<arrow::ipc::RecordBatchFileReader> file, std::shared_ptr<arrow::ipc::RecordBatchStreamReader> stream,
                int64_t rows)
        : file_(std::move(file)), stream_(std::move(stream)), rows_(rows) {}
    std::shared_ptr<arrow::Schema> schema() const override { return file_ ? file_->schema() : stream_->schema(); }
    Status ReadNext(std::shared_ptr<RecordBatch>* batch) override {
        while (!whole_ || place_ >= whole_->num_rows()) {
            whole_ = nullptr;
            place_ = 0;
            if (file_) {
                if (next_ == file_->num_record_batches()) break;
                ARROW_ASSIGN_OR_RAISE(whole_, file_->ReadRecordBatch(next_++));
            } else {
                ARROW_RETURN_NOT_OK(stream_->ReadNext(&whole_));
                if (!whole_) break;
            }
            // Before it is sliced: a slice of a broken array may be read out of bounds.
            ARROW_RETURN_NOT_OK(whole_->ValidateFull());
        }
        *batch = whole_ ? whole_->Slice(place_, rows_) : nullptr;
        place_ += rows_;
        return Status::OK();
    }

  private:
    std::shared_ptr<arrow::ipc::RecordBatchFileReader> file_;
    std::shared_ptr<arrow::ipc::RecordBatchStreamReader> stream_;
    std::shared_ptr<RecordBatch> whole_;
    int64_t rows_, place_ = 0;
    int next_ = 0;
};

// Whether `path` is `prefix` or lies below it.
bool below(const std::string& path, const std::string& prefix) {
    return path == prefix || (path.size() > prefix.size() && path.compare(0, prefix.size(), prefix) == 0 && path[prefix.size()] == '.');
}

struct Wanted {
    const char* const* names;
    int64_t count;

    template <typename Matches>
    std::vector<int> among(int total, Matches matches) const {
        std::vector<bool> taken(total, count < 0);
        for (int64_t name = 0; name < count; ++name) {
            bool found = false;
            for (int i = 0; i < total; ++i) {
                if (matches(i, std::string(names[name]))) found = taken[i] = true;
            }
            if (!found) throw Failure{TESSERA_ARROW_COLUMN, std::string("there is no column ") + names[name]};
        }
        std::vector<int> places;
        for (int i = 0; i < total; ++i) {
            if (taken[i]) places.push_back(i);
        }
        return places;
    }
};

Batches open_parquet(std::shared_ptr<arrow::io::RandomAccessFile> input, Wanted wanted, int64_t batch_rows, int32_t threads,
                     int64_t* rows) {
    auto pool = arrow::default_memory_pool();
    parquet::ReaderProperties reading(pool);
    // Pages as they are needed, not column chunks whole: memory does not grow with the row groups.
    reading.enable_buffered_stream();
    parquet::ArrowReaderProperties properties(threads > 1);
    properties.set_batch_size(batch_rows);
    properties.set_pre_buffer(false);
    auto plain = parquet::ParquetFileReader::Open(std::move(input), reading);
    auto file = require(parquet::arrow::FileReader::Make(pool, std::move(plain), properties), TESSERA_ARROW_DATA);
    auto metadata = file->parquet_reader()->metadata();
    auto leaves = metadata->schema();
    auto places = wanted.among(leaves->num_columns(), [&](int i, const std::string& name) {
        return below(leaves->Column(i)->path()->ToDotString(), name);
    });
    std::vector<int> groups(metadata->num_row_groups());
    for (size_t i = 0; i < groups.size(); ++i) groups[i] = static_cast<int>(i);
    *rows = metadata->num_rows();
    Batches batches = require(file->GetRecordBatchReader(groups, places), TESSERA_ARROW_DATA);
    return std::make_shared<CheckedBatches>(std::make_shared<ParquetBatches>(std::move(file), std::move(batches)));
}

Batches open_arrow(std::shared_ptr<arrow::io::RandomAccessFile> input, bool is_file, Wanted wanted, int64_t batch_rows, int32_t threads,
                   int64_t* rows) {
    auto options = arrow::ipc::IpcReadOptions::Defaults();
    options.use_threads = threads > 1;
    auto choose = [&](const arrow::Schema& schema) {
        options.included_fields =
            wanted.among(schema.num_fields(), [&](int i, const std::string& name) { return below(name, schema.field(i)->name()); });
    };
    std::shared_ptr<arrow::ipc::RecordBatchFileReader> file;
    std::shared_ptr<arrow::ipc::RecordBatchStreamReader> stream;
    if (is_file) {
        choose(*require(arrow::ipc::RecordBatchFileReader::Open(input, options), TESSERA_ARROW_DATA)->schema());
        file = require(arrow::ipc::RecordBatchFileReader::Open(input, options), TESSERA_ARROW_DATA);
        *rows = require(file->CountRows(), TESSERA_ARROW_DATA);
    } else {
        require(input->Seek(0), TESSERA_ARROW_INPUT);
        choose(*require(arrow::ipc::RecordBatchStreamReader::Open(input, options), TESSERA_ARROW_DATA)->schema());
        require(input->Seek(0), TESSERA_ARROW_INPUT);
        stream = require(arrow::ipc::RecordBatchStreamReader::Open(input, options), TESSERA_ARROW_DATA);
        *rows = -1;
    }
    return std::make_shared<CheckedBatches>(std::make_shared<FileBatches>(std::move(file), std::move(stream), batch_rows));
}

// An output that hands its bytes to a function.
class Sink : public arrow::io::OutputStream {
  public:
    Sink(tessera_arrow_sink sink, void* context) : sink_(sink), context_(context) { set_mode(arrow::io::FileMode::WRITE); }
    Status Write(const void* data, int64_t count) override {
        if (sink_(context_, data, count) != 0) return Status::IOError("the output does not take the bytes");
        position_ += count;
        return Status::OK();
    }
    using arrow::io::OutputStream::Write;
    arrow::Result<int64_t> Tell() const override { return position_; }
    Status Close() override {
        closed_ = true;
        return Status::OK();
    }
    bool closed() const override { return closed_; }

  private:
    tessera_arrow_sink sink_;
    void* context_;
    int64_t position_ = 0;
    bool closed_ = false;
};

}  // namespace

EXPORTED int32_t tessera_arrow_interface(void) { return TESSERA_ARROW_INTERFACE; }

EXPORTED const char* tessera_arrow_release(int32_t at_run_time) {
    return at_run_time ? arrow::GetBuildInfo().version_string.c_str() : ARROW_VERSION_STRING;
}

EXPORTED int32_t tessera_arrow_open(const char* path, const char* const* columns, int64_t column_count, int64_t batch_rows,
                                    int32_t threads, struct ArrowArrayStream* out, int64_t* rows, char* error, int64_t error_capacity) {
    return guarded(error, error_capacity, TESSERA_ARROW_DATA, [&] {
        if (threads > 1) require(arrow::SetCpuThreadPoolCapacity(threads), TESSERA_ARROW_INPUT);
        auto input = require(arrow::io::ReadableFile::Open(path), TESSERA_ARROW_INPUT);
        auto magic = require(input->ReadAt(0, 6), TESSERA_ARROW_INPUT)->ToString();
        Wanted wanted{columns, column_count};
        Batches batches = magic.compare(0, 4, "PAR1") == 0 ? open_parquet(input, wanted, batch_rows, threads, rows)
                                                           : open_arrow(input, magic == "ARROW1", wanted, batch_rows, threads, rows);
        require(arrow::ExportRecordBatchReader(std::move(batches), out), TESSERA_ARROW_DATA);
    });
}

EXPORTED int32_t tessera_arrow_write(struct ArrowArrayStream* in, int64_t row_group_rows, tessera_arrow_sink sink, void* context,
                                     char* error, int64_t error_capacity) {
    return guarded(error, error_capacity, TESSERA_ARROW_OUTPUT, [&] {
        auto batches = require(arrow::ImportRecordBatchReader(in), TESSERA_ARROW_OUTPUT);
        auto properties = parquet::WriterProperties::Builder()
                              .compression(arrow::Compression::ZSTD)
                              ->max_row_group_length(row_group_rows)
                              ->build();
        auto keeping = parquet::ArrowWriterProperties::Builder().store_schema()->build();
        auto writer = require(parquet::arrow::FileWriter::Open(*batches->schema(), arrow::default_memory_pool(),
                                                               std::make_shared<Sink>(sink, context), properties, keeping),
                              TESSERA_ARROW_OUTPUT);
        std::shared_ptr<RecordBatch> batch;
        while (true) {
            require(batches->ReadNext(&batch), TESSERA_ARROW_OUTPUT);
            if (!batch) break;
            require(writer->WriteRecordBatch(*batch), TESSERA_ARROW_OUTPUT);
        }
        require(writer->Close(), TESSERA_ARROW_OUTPUT);
    });
}
