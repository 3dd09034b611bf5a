#include "CSimdJSON.h"

#include <charconv>
#include <new>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "simdjson.h"

using simdjson::dom::element;
using simdjson::dom::element_type;

static_assert(CSIMDJSON_PADDING >= simdjson::SIMDJSON_PADDING, "lines need more padding");

struct csimdjson_parser {
    simdjson::dom::parser parser;
    std::vector<std::string> paths;
    std::vector<std::vector<std::string>> steps;
    // Which paths are lists, and the first path that is the same.
    std::vector<char> is_list;
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
};

namespace {

constexpr size_t kNotInScratch = SIZE_MAX;
// How much of a line's order is kept in mind; a hostile line is longer.
constexpr size_t kExpectedMembers = 1024;
constexpr size_t kExpectedName = 256;

csimdjson_status status_of(simdjson::error_code code) {
    switch (code) {
    case simdjson::SUCCESS: return CSIMDJSON_OK;
    case simdjson::DEPTH_ERROR: return CSIMDJSON_TOO_DEEP;
    case simdjson::UTF8_ERROR: return CSIMDJSON_NOT_UTF8;
    case simdjson::MEMALLOC: case simdjson::CAPACITY: return CSIMDJSON_NO_MEMORY;
    default: return CSIMDJSON_MALFORMED;
    }
}

csimdjson_status parse_object(csimdjson_parser *self, const uint8_t *line, size_t length, element &root) {
    if (length > self->capacity) {
        size_t wanted = length < 65536 ? 65536 : length + length / 2;
        auto code = self->parser.allocate(wanted, self->depth);
        if (code) return status_of(code);
        self->capacity = wanted;
    }
    auto code = self->parser.parse(line, length, false).get(root);
    if (code) return code == simdjson::EMPTY ? CSIMDJSON_MALFORMED : status_of(code);
    return root.is_object() ? CSIMDJSON_OK : CSIMDJSON_NOT_AN_OBJECT;
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

bool find(const csimdjson_parser *self, size_t index, element root, element &found) {
    if (self->is_found[self->first[index]]) {
        found = self->found[self->first[index]];
        return true;
    }
    const auto &steps = self->steps[index];
    if (steps.size() < 2) return false;
    found = root;
    for (const auto &step : steps) {
        element next;
        if (found.is_object()) {
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

void list_paths(std::string &into, const std::string &prefix, element value) {
    if (!value.is_object()) {
        into.append(prefix).push_back('\n');
        return;
    }
    for (auto member : simdjson::dom::object(value)) {
        list_paths(into, prefix.empty() ? std::string(member.key) : prefix + "." + std::string(member.key), member.value);
    }
}

} // namespace

extern "C" csimdjson_parser *csimdjson_create(
    const char *const *paths, const size_t *lengths, const bool *is_list, size_t count, size_t maximum_depth) {
    try {
        auto self = new csimdjson_parser;
        self->depth = maximum_depth;
        std::unordered_map<std::string, size_t> first_of;
        for (size_t k = 0; k < count; ++k) {
            std::string path(paths[k], lengths[k]);
            std::vector<std::string> steps;
            size_t from = 0;
            while (true) {
                size_t dot = path.find('.', from);
                steps.push_back(path.substr(from, dot == std::string::npos ? dot : dot - from));
                if (dot == std::string::npos) break;
                from = dot + 1;
            }
            self->first.push_back(first_of.try_emplace(path, k).first->second);
            self->is_list.push_back(is_list[k]);
            self->paths.push_back(path);
            self->steps.push_back(std::move(steps));
        }
        self->ranges.resize(count);
        self->found.resize(count);
        return self;
    } catch (...) {
        return nullptr;
    }
}

extern "C" void csimdjson_destroy(csimdjson_parser *parser) { delete parser; }

extern "C" csimdjson_status csimdjson_parse(csimdjson_parser *self, const uint8_t *line, size_t length, csimdjson_text *texts) {
    try {
        element root;
        auto status = parse_object(self, line, length, root);
        if (status != CSIMDJSON_OK) return status;
        self->scratch.clear();
        find_members(self, root);
        for (size_t k = 0; k < self->paths.size(); ++k) {
            element value;
            self->ranges[k].first = kNotInScratch;
            texts[k] = {nullptr, -1};
            if (!find(self, k, root, value) || value.is_null()) continue;
            std::string_view text;
            if (value.get(text) == simdjson::SUCCESS) {
                texts[k] = {reinterpret_cast<const uint8_t *>(text.data()), ptrdiff_t(text.size())};
            } else {
                size_t from = self->scratch.size();
                if (self->is_list[k] && value.is_array()) {
                    append_elements(self->scratch, value);
                } else {
                    append_text(self->scratch, value);
                }
                self->ranges[k] = {from, self->scratch.size() - from};
            }
        }
        for (size_t k = 0; k < self->paths.size(); ++k) {
            if (self->ranges[k].first == kNotInScratch) continue;
            texts[k] = {reinterpret_cast<const uint8_t *>(self->scratch.data()) + self->ranges[k].first, ptrdiff_t(self->ranges[k].second)};
        }
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
