#include "Values.hpp"

namespace {

// A dot behind a backslash belongs to a name. `[vendor/name].` asks for the data of a schema.
std::vector<std::string> split(const std::string &path) {
    std::vector<std::string> steps(1);
    for (size_t k = 0; k < path.size(); ++k) {
        size_t close = path[k] == '[' ? path.find(']', k) : std::string::npos;
        if (close != std::string::npos && close + 1 < path.size() && path[close + 1] == '.' && path.find('/', k) < close) {
            if (!steps.back().empty()) steps.emplace_back();
            steps.back() = kSchemaMark + path.substr(k + 1, close - k - 1);
            steps.emplace_back();
            k = close + 1;
        } else if (path[k] == '\\' && k + 1 < path.size() && path[k + 1] == '.') {
            steps.back().push_back('.');
            ++k;
        } else if (path[k] == '.') {
            steps.emplace_back();
        } else {
            steps.back().push_back(path[k]);
        }
    }
    return steps;
}

// Where a path ends with a key in brackets, the list it asks and the key.
void take_key(csimdjson_parser *self, const std::string &path, bool is_of_row, size_t slot) {
    size_t open = path.find('[');
    if (open == std::string::npos || open == 0 || path.back() != ']') return;
    auto steps = split(path.substr(0, open));
    std::string key = path.substr(open + 1, path.size() - open - 2);
    keyed_list *list = nullptr;
    for (auto &known : self->lists) {
        if (known.steps == steps && known.is_of_row == is_of_row) list = &known;
    }
    if (list == nullptr) {
        self->lists.emplace_back();
        list = &self->lists.back();
        list->steps = std::move(steps);
        list->is_of_row = is_of_row;
    }
    if (key.empty()) list->all = slot;
    else list->keys.emplace_back(std::move(key), slot);
}

// The number of the schema that a path begins with; SIZE_MAX where it begins otherwise.
size_t number_schema(csimdjson_parser *self, const std::string &step) {
    if (step.empty() || step[0] != kSchemaMark) return SIZE_MAX;
    std::string name = step.substr(1);
    for (size_t k = 0; k < self->schemas.size(); ++k) {
        if (self->schemas[k] == name) return k;
    }
    self->schemas.push_back(std::move(name));
    return self->schemas.size() - 1;
}

// Sets the texts of one row.
void read_row(csimdjson_parser *self, element root, element row, csimdjson_text *texts) {
    self->scratch.clear();
    if (root.is_object()) find_members(self, root);
    else self->is_found.assign(self->paths.size(), false);
    if (!self->lists.empty()) find_listed(self, root, row);
    if (!self->schemas.empty()) find_data(self, root);
    for (size_t k = 0; k < self->paths.size(); ++k) {
        element value;
        self->ranges[k].first = kNotInScratch;
        texts[k] = {nullptr, -1};
        if (!find(self, k, root, row, value) || value.is_null()) continue;
        std::string_view text;
        if (value.get(text) == simdjson::SUCCESS) {
            texts[k] = {reinterpret_cast<const uint8_t *>(text.data()), ptrdiff_t(text.size())};
        } else {
            size_t from = self->scratch.size();
            if (self->is_list[k] && value.is_array()) {
                append_elements(self->scratch, value);
            } else if (self->is_words[k] && value.is_array()) {
                append_words(self->scratch, value);
            } else {
                append_text(self->scratch, value);
            }
            self->ranges[k] = {from, self->scratch.size() - from};
        }
    }
    for (const auto &list : self->lists) {
        if (list.all == SIZE_MAX || texts[list.all].count >= 0 || self->ranges[list.all].first != kNotInScratch) continue;
        size_t from = self->scratch.size();
        if (append_pairs(self, list, root, row)) self->ranges[list.all] = {from, self->scratch.size() - from};
    }
    for (size_t k = 0; k < self->paths.size(); ++k) {
        if (self->ranges[k].first == kNotInScratch) continue;
        texts[k] = {reinterpret_cast<const uint8_t *>(self->scratch.data()) + self->ranges[k].first, ptrdiff_t(self->ranges[k].second)};
    }
}

} // namespace

extern "C" csimdjson_parser *csimdjson_create(
    const char *const *paths, const size_t *lengths, const bool *is_list, size_t count, const char *rows, size_t maximum_depth) {
    try {
        auto self = std::make_unique<csimdjson_parser>();
        self->depth = maximum_depth;
        self->has_rows = rows != nullptr;
        std::string prefix;
        if (rows != nullptr) {
            self->row_steps = split(rows);
            prefix = std::string(rows) + ".";
        }
        std::unordered_map<std::string, size_t> first_of;
        for (size_t k = 0; k < count; ++k) {
            std::string path(paths[k], lengths[k]);
            bool is_of_row = rows != nullptr && path.size() > prefix.size() && path.compare(0, prefix.size(), prefix) == 0;
            std::string local = is_of_row ? path.substr(prefix.size()) : path;
            auto [entry, is_new] = first_of.try_emplace(path, k);
            if (is_new) take_key(self.get(), local, is_of_row, k);
            self->first.push_back(entry->second);
            self->is_list.push_back(is_list[k]);
            self->is_of_row.push_back(is_of_row);
            self->steps.push_back(split(local));
            bool is_words = self->steps.back().size() > 1 && self->steps.back().back() == "*";
            if (is_words) self->steps.back().pop_back();
            self->is_words.push_back(is_words);
            self->schema_of.push_back(is_of_row ? SIZE_MAX : number_schema(self.get(), self->steps.back()[0]));
            self->paths.push_back(std::move(path));
        }
        self->ranges.resize(count);
        self->found.resize(count);
        self->data.resize(self->schemas.size());
        return self.release();
    } catch (...) {
        return nullptr;
    }
}

extern "C" void csimdjson_destroy(csimdjson_parser *parser) { delete parser; }

extern "C" csimdjson_status csimdjson_parse(
    csimdjson_parser *self, const uint8_t *line, size_t length, csimdjson_text *texts, ptrdiff_t *rows) {
    try {
        auto status = parse_object(self, line, length, self->root);
        if (status != CSIMDJSON_OK) return status;
        if (!self->has_rows) {
            read_row(self, self->root, self->root, texts);
            return CSIMDJSON_OK;
        }
        self->rows.clear();
        element list;
        *rows = -1;
        if (!walk(self->row_steps, self->root, list) || !list.is_array()) return CSIMDJSON_OK;
        for (auto row : simdjson::dom::array(list)) self->rows.push_back(row);
        *rows = ptrdiff_t(self->rows.size());
        return CSIMDJSON_OK;
    } catch (const std::bad_alloc &) {
        return CSIMDJSON_NO_MEMORY;
    } catch (...) {
        return CSIMDJSON_MALFORMED;
    }
}

extern "C" csimdjson_status csimdjson_row(csimdjson_parser *self, size_t index, csimdjson_text *texts) {
    try {
        if (index >= self->rows.size() || !self->rows[index].is_object()) return CSIMDJSON_NOT_AN_OBJECT;
        read_row(self, self->root, self->rows[index], texts);
        return CSIMDJSON_OK;
    } catch (const std::bad_alloc &) {
        return CSIMDJSON_NO_MEMORY;
    } catch (...) {
        return CSIMDJSON_MALFORMED;
    }
}

extern "C" csimdjson_status csimdjson_list_paths(csimdjson_parser *self, const uint8_t *line, size_t length, csimdjson_text *paths) {
    try {
        element root;
        auto status = parse_object(self, line, length, root);
        if (status != CSIMDJSON_OK) return status;
        self->scratch.clear();
        list_paths(self->scratch, "", root);
        *paths = {reinterpret_cast<const uint8_t *>(self->scratch.data()), ptrdiff_t(self->scratch.size())};
        return CSIMDJSON_OK;
    } catch (const std::bad_alloc &) {
        return CSIMDJSON_NO_MEMORY;
    } catch (...) {
        return CSIMDJSON_MALFORMED;
    }
}

extern "C" csimdjson_status csimdjson_parse_cell(csimdjson_parser *self, const uint8_t *text, size_t length, csimdjson_text *texts) {
    try {
        auto status = parse_value(self, text, length, self->root);
        if (status != CSIMDJSON_OK) return status;
        read_row(self, self->root, self->root, texts);
        return CSIMDJSON_OK;
    } catch (const std::bad_alloc &) {
        return CSIMDJSON_NO_MEMORY;
    } catch (...) {
        return CSIMDJSON_MALFORMED;
    }
}

extern "C" csimdjson_status csimdjson_list_cell_paths(
    csimdjson_parser *self, const uint8_t *text, size_t length, csimdjson_text *paths) {
    try {
        element root;
        auto status = parse_value(self, text, length, root);
        if (status != CSIMDJSON_OK) return status;
        self->scratch.clear();
        list_cell_paths(self->scratch, root);
        *paths = {reinterpret_cast<const uint8_t *>(self->scratch.data()), ptrdiff_t(self->scratch.size())};
        return CSIMDJSON_OK;
    } catch (const std::bad_alloc &) {
        return CSIMDJSON_NO_MEMORY;
    } catch (...) {
        return CSIMDJSON_MALFORMED;
    }
}
