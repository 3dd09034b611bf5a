// The parser, and how values are found in a document and written as text. For CSimdJSON.cpp alone.
#pragma once

#include "CSimdJSON.h"

#include <algorithm>
#include <charconv>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "simdjson.h"

using simdjson::dom::element;
using simdjson::dom::element_type;

static_assert(CSIMDJSON_PADDING >= simdjson::SIMDJSON_PADDING, "lines need more padding");

// A list of {key, value} objects in a document, and which of its keys are wanted.
struct keyed_list {
    std::vector<std::string> steps;
    std::vector<std::pair<std::string, size_t>> keys;
    // The slot that takes all pairs, or SIZE_MAX.
    size_t all = SIZE_MAX;
    bool is_of_row = false;
    // The keys of the last list by place, and their slots.
    std::vector<std::pair<std::string, size_t>> expected;
};

struct csimdjson_parser {
    simdjson::dom::parser parser;
    std::vector<std::string> paths;
    std::vector<std::vector<std::string>> steps;
    // Which paths are lists, which are lists as words, and the first path that is the same.
    std::vector<char> is_list;
    std::vector<char> is_words;
    std::vector<size_t> first;
    size_t depth = 64;
    size_t capacity = 0;
    // Texts that simdjson does not hold itself (numbers, arrays); entries are ranges until the row is complete.
    std::string scratch;
    std::vector<std::pair<size_t, size_t>> ranges;
    // The members of the last line by place: name and path, one past the last for none.
    std::vector<std::pair<std::string, size_t>> expected;
    std::vector<element> found;
    std::vector<char> is_found;
    std::vector<keyed_list> lists;
    // The schemas that paths of the document begin with, with the data of each in the last row; the schema of each path, SIZE_MAX for none.
    std::vector<std::string> schemas;
    std::vector<element> data;
    std::vector<char> has_data;
    std::vector<size_t> schema_of;
    // The schemas of the last row's self-describing values by place, and their numbers; one past the last for those not asked for.
    std::vector<std::pair<std::string, size_t>> expected_schemas;
    // Paths that are looked for in a row of the document's list, not in the document.
    std::vector<char> is_of_row;
    bool has_rows = false;
    std::vector<std::string> row_steps;
    std::vector<element> rows;
    element root;
    std::vector<std::string> pairs;
};

namespace {

constexpr size_t kNotInScratch = SIZE_MAX;
// How much of a line's order is kept in mind; a hostile line is longer.
constexpr size_t kExpectedMembers = 1024;
constexpr size_t kExpectedName = 256;
// A step that begins with this byte asks self-describing JSON for the data of a schema, whatever its version.
constexpr char kSchemaMark = '\x01';

csimdjson_status status_of(simdjson::error_code code) {
    switch (code) {
    case simdjson::SUCCESS: return CSIMDJSON_OK;
    case simdjson::DEPTH_ERROR: return CSIMDJSON_TOO_DEEP;
    case simdjson::UTF8_ERROR: return CSIMDJSON_NOT_UTF8;
    case simdjson::MEMALLOC: case simdjson::CAPACITY: return CSIMDJSON_NO_MEMORY;
    default: return CSIMDJSON_MALFORMED;
    }
}

csimdjson_status parse_value(csimdjson_parser *self, const uint8_t *line, size_t length, element &root) {
    if (length > self->capacity) {
        size_t wanted = length < 65536 ? 65536 : length + length / 2;
        auto code = self->parser.allocate(wanted, self->depth);
        if (code) return status_of(code);
        self->capacity = wanted;
    }
    auto code = self->parser.parse(line, length, false).get(root);
    return code == simdjson::EMPTY ? CSIMDJSON_MALFORMED : status_of(code);
}

csimdjson_status parse_object(csimdjson_parser *self, const uint8_t *line, size_t length, element &root) {
    auto status = parse_value(self, line, length, root);
    return status != CSIMDJSON_OK || root.is_object() ? status : CSIMDJSON_NOT_AN_OBJECT;
}

// The schema of self-describing JSON, `iglu:vendor/name/format/version` as vendor/name, and its data.
bool self_describing(element value, std::string_view &name, element &data) {
    simdjson::dom::object object;
    if (value.get(object) || object.at_key("schema").get(name) || object.at_key("data").get(data)) return false;
    if (name.substr(0, 5) == "iglu:") name.remove_prefix(5);
    size_t vendor = name.find('/');
    size_t end = vendor == std::string_view::npos ? vendor : name.find('/', vendor + 1);
    if (end == std::string_view::npos) return false;
    name = name.substr(0, end);
    return true;
}

bool is_of_schema(std::string_view wanted, element value, element &data) {
    std::string_view name;
    return self_describing(value, name, data) && name == wanted;
}

// The data of the first value with this schema: the value itself, the one it wraps, or one of a list of them.
bool data_of_schema(std::string_view wanted, element value, element &found) {
    if (is_of_schema(wanted, value, found)) return true;
    element inner = value;
    if (value.is_object()) {
        if (value.at_key("data").get(inner)) return false;
        if (inner.is_object()) return is_of_schema(wanted, inner, found);
    }
    if (!inner.is_array()) return false;
    for (auto item : simdjson::dom::array(inner)) {
        if (is_of_schema(wanted, item, found)) return true;
    }
    return false;
}

// Notes the data of a self-describing value whose schema is asked for. Of several with one schema the first counts.
void note_data(csimdjson_parser *self, size_t place, element value) {
    std::string_view full;
    simdjson::dom::object object;
    if (value.get(object) || object.at_key("schema").get(full)) return;
    size_t schema = self->schemas.size();
    if (place < self->expected_schemas.size() && self->expected_schemas[place].first == full) {
        schema = self->expected_schemas[place].second;
    } else {
        element data;
        std::string_view name = full;
        if (!self_describing(value, name, data)) return;
        for (size_t k = 0; k < self->schemas.size(); ++k) {
            if (self->schemas[k] == name) schema = k;
        }
        if (place < kExpectedMembers && full.size() <= kExpectedName) {
            if (place >= self->expected_schemas.size()) self->expected_schemas.resize(place + 1);
            self->expected_schemas[place] = {std::string(full), schema};
        }
    }
    if (schema == self->schemas.size() || self->has_data[schema]) return;
    self->has_data[schema] = !object.at_key("data").get(self->data[schema]);
}

// As data_of_schema for all schemas that are asked for at once.
void find_data(csimdjson_parser *self, element root) {
    self->has_data.assign(self->schemas.size(), false);
    note_data(self, 0, root);
    element inner = root;
    if (root.is_object() && root.at_key("data").get(inner)) return;
    if (root.is_object() && inner.is_object()) note_data(self, 1, inner);
    if (!inner.is_array()) return;
    size_t place = 1;
    for (auto item : simdjson::dom::array(inner)) note_data(self, ++place, item);
}

// Members mostly come in the order of the line before, so each is first compared with the one that stood there then.
void find_members(csimdjson_parser *self, simdjson::dom::object object) {
    self->is_found.assign(self->paths.size(), false);
    size_t place = 0;
    for (auto member : object) {
        size_t slot = self->paths.size();
        if (place < self->expected.size() && self->expected[place].first == member.key) {
            slot = self->expected[place].second;
        } else {
            for (size_t k = 0; k < self->paths.size(); ++k) {
                if (self->paths[k] == member.key) slot = self->first[k];
            }
            if (place < kExpectedMembers && member.key.size() <= kExpectedName) {
                if (place == self->expected.size()) self->expected.emplace_back();
                if (place < self->expected.size()) self->expected[place] = {std::string(member.key), slot};
            }
        }
        // Of members of one name the first counts.
        if (slot < self->paths.size() && !self->is_found[slot]) {
            self->is_found[slot] = true;
            self->found[slot] = member.value;
        }
        ++place;
    }
}

bool walk(const std::vector<std::string> &steps, element root, element &found, size_t from = 0) {
    found = root;
    for (size_t k = from; k < steps.size(); ++k) {
        const auto &step = steps[k];
        element next;
        if (!step.empty() && step[0] == kSchemaMark) {
            if (!data_of_schema(std::string_view(step).substr(1), found, next)) return false;
        } else if (found.is_object()) {
            if (found.at_key(step).get(next)) return false;
        } else if (found.is_array()) {
            size_t at = 0;
            auto end = step.data() + step.size();
            auto [stop, failure] = std::from_chars(step.data(), end, at);
            if (failure != std::errc() || stop != end || found.at(at).get(next)) return false;
        } else {
            return false;
        }
        found = next;
    }
    return true;
}

bool find(const csimdjson_parser *self, size_t index, element root, element row, element &found) {
    if (self->is_found[self->first[index]]) {
        found = self->found[self->first[index]];
        return true;
    }
    const auto &steps = self->steps[index];
    size_t schema = self->schema_of[index];
    if (schema != SIZE_MAX) return self->has_data[schema] && walk(steps, self->data[schema], found, 1);
    if (self->is_of_row[index]) return walk(steps, row, found);
    return (steps.size() > 1 || self->is_words[index]) && walk(steps, root, found);
}

// The value of a pair: itself, or the first of its typed members that is not null.
bool value_of_pair(simdjson::dom::object pair, element &value) {
    if (pair.at_key("value").get(value)) return false;
    if (!value.is_object()) return !value.is_null();
    for (auto member : simdjson::dom::object(value)) {
        std::string_view name = member.key;
        bool is_typed = name == "string_value" || name == "int_value" || name == "float_value" || name == "double_value";
        if (is_typed && !member.value.is_null()) {
            value = member.value;
            return true;
        }
    }
    return false;
}

// Looks once through every list of which keys are wanted. Lists mostly have the keys of the one before, at the same places.
void find_listed(csimdjson_parser *self, element root, element row) {
    for (auto &list : self->lists) {
        element found;
        if (list.keys.empty() || !walk(list.steps, list.is_of_row ? row : root, found) || !found.is_array()) continue;
        size_t place = 0;
        for (auto item : simdjson::dom::array(found)) {
            std::string_view key;
            if (!item.is_object() || item["key"].get(key)) continue;
            size_t slot = SIZE_MAX;
            if (place < list.expected.size() && list.expected[place].first == key) {
                slot = list.expected[place].second;
            } else {
                for (const auto &wanted : list.keys) {
                    if (wanted.first == key) slot = wanted.second;
                }
                if (place < kExpectedMembers && key.size() <= kExpectedName) {
                    if (place == list.expected.size()) list.expected.emplace_back();
                    // Behind a key too long to keep in mind no place is kept either.
                    if (place < list.expected.size()) list.expected[place] = {std::string(key), slot};
                }
            }
            ++place;
            element value;
            if (slot == SIZE_MAX || self->is_found[slot] || !value_of_pair(item, value)) continue;
            self->is_found[slot] = true;
            self->found[slot] = value;
        }
    }
}

template <typename Number> void append_number(std::string &scratch, Number value) {
    char digits[40];
    auto [end, failure] = std::to_chars(digits, digits + sizeof digits, value);
    (void)failure;
    scratch.append(digits, end);
}

void append_text(std::string &scratch, element value) {
    switch (value.type()) {
    case element_type::INT64: append_number(scratch, int64_t(value)); break;
    case element_type::UINT64: append_number(scratch, uint64_t(value)); break;
    case element_type::DOUBLE: append_number(scratch, double(value)); break;
    case element_type::BOOL: scratch.append(bool(value) ? "true" : "false"); break;
    default: scratch.append(simdjson::minify(value)); break;
    }
}

void append_elements(std::string &scratch, simdjson::dom::array list) {
    for (auto value : list) {
        scratch.push_back('\xFF');
        std::string_view text;
        if (value.get(text) == simdjson::SUCCESS) {
            scratch.append(text);
        } else if (!value.is_null()) {
            append_text(scratch, value);
        }
    }
}

// The strings and numbers of a list with a space between.
void append_words(std::string &scratch, simdjson::dom::array list) {
    size_t from = scratch.size();
    for (auto value : list) {
        if (value.is_null() || value.is_object() || value.is_array()) continue;
        if (scratch.size() > from) scratch.push_back(' ');
        std::string_view text;
        if (value.get(text) == simdjson::SUCCESS) scratch.append(text);
        else append_text(scratch, value);
    }
}

// All pairs of a list in byte order: key, 0x1F, value, 0x1E. False where it is no list or has no pairs.
bool append_pairs(csimdjson_parser *self, const keyed_list &list, element root, element row) {
    element found;
    if (!walk(list.steps, list.is_of_row ? row : root, found) || !found.is_array()) return false;
    size_t count = 0;
    for (auto item : simdjson::dom::array(found)) {
        std::string_view key;
        element value;
        if (!item.is_object() || item["key"].get(key) || !value_of_pair(item, value)) continue;
        if (count == self->pairs.size()) self->pairs.emplace_back();
        std::string &pair = self->pairs[count++];
        pair.assign(key).push_back('\x1F');
        std::string_view text;
        if (value.get(text) == simdjson::SUCCESS) pair.append(text);
        else append_text(pair, value);
        pair.push_back('\x1E');
    }
    std::sort(self->pairs.begin(), self->pairs.begin() + count);
    for (size_t k = 0; k < count; ++k) self->scratch.append(self->pairs[k]);
    return count > 0;
}

// The paths of the values of a list that holds nothing but {key, value} objects.
bool value_list_paths(std::string &into, const std::string &prefix, simdjson::dom::array list) {
    for (auto item : list) {
        std::string_view key;
        element value;
        if (!item.is_object() || item["key"].get(key) || item["value"].get(value)) return false;
    }
    size_t count = 0;
    for (auto item : list) {
        std::string_view key;
        if (item["key"].get(key) || key.empty() || key.find_first_of("\n[]") != std::string_view::npos) continue;
        into.append(prefix).append("[").append(key).append("]\n");
        ++count;
    }
    return count > 0;
}

void list_paths(std::string &into, const std::string &prefix, element value) {
    if (value.is_array() && value_list_paths(into, prefix, value)) return;
    if (!value.is_object()) {
        into.append(prefix).push_back('\n');
        return;
    }
    for (auto member : simdjson::dom::object(value)) {
        // A member of the line is found by its whole name; further down dots of names are told from those between.
        std::string path = prefix.empty() ? std::string(member.key) : prefix + ".";
        if (!prefix.empty()) {
            for (char byte : std::string_view(member.key)) {
                if (byte == '.') path.push_back('\\');
                path.push_back(byte);
            }
        }
        list_paths(into, path, member.value);
    }
}

// As list_paths for a cell: what stands in self-describing JSON begins with its schema, what stands in a list of objects with the first.
void list_cell_paths(std::string &into, element value) {
    std::string_view name;
    element data;
    if (self_describing(value, name, data)) {
        bool wraps = name == "com.snowplowanalytics.snowplow/contexts" || name == "com.snowplowanalytics.snowplow/unstruct_event";
        if (wraps && data.is_array()) {
            for (auto item : simdjson::dom::array(data)) list_cell_paths(into, item);
        } else if (wraps) {
            list_cell_paths(into, data);
        } else if (data.is_object() && name.find_first_of("[]\n") == std::string_view::npos) {
            list_paths(into, "[" + std::string(name) + "]", data);
        }
    } else if (value.is_object()) {
        list_paths(into, "", value);
    } else if (value.is_array()) {
        for (auto item : simdjson::dom::array(value)) {
            if (self_describing(item, name, data)) {
                list_cell_paths(into, item);
            } else {
                if (item.is_object()) list_paths(into, "0", item);
                break;
            }
        }
    }
}

} // namespace
