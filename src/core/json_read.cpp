// Parsing with Boost.JSON's parser and a handler of our own, which leaves out what nobody wants and what is
// too much.
#include "core/json_read.h"

#include <fmt/format.h>

#include <array>
#include <boost/json/basic_parser_impl.hpp>

#include "base/utf8.h"

namespace core {
namespace json = boost::json;

namespace {

// Bytes for values of a document that are not finished yet; most documents need no more.
constexpr size_t kUnfinished = 4096;

// A bit for each path of a JsonSkip.
using Paths = uint32_t;
constexpr size_t kMaxPaths = 32;

// Builds the value while the parser reads. What is to be skipped or too much is read, so that errors in it
// are found, and not built: a text costs its bytes and a bounded number of values.
class Builder {
 public:
  // What basic_parser asks for: no limits but those of Boost.JSON's types.
  static constexpr size_t max_object_size = json::object::max_size();
  static constexpr size_t max_array_size = json::array::max_size();
  static constexpr size_t max_key_size = json::string::max_size();
  static constexpr size_t max_string_size = json::string::max_size();

  Builder(json::storage_ptr memory, JsonSkip skip)
      : values_(json::storage_ptr(), unfinished_.data(), unfinished_.size()),
        skip_(skip.first(std::min(skip.size(), kMaxPaths))) {
    values_.reset(std::move(memory));
    for (size_t i = 0; i < skip_.size(); ++i) next_ |= Paths(1) << i;
  }

  json::value release() { return values_.release(); }

  static bool on_document_begin(boost::system::error_code&) { return true; }
  static bool on_document_end(boost::system::error_code&) { return true; }

  bool on_object_begin(boost::system::error_code&) { return begin(next_, limits::kJsonMembers); }
  bool on_array_begin(boost::system::error_code&) {
    return begin(0, depth_ == 0 ? limits::kJsonElements : limits::kJsonMembers);
  }
  bool on_object_end(size_t, boost::system::error_code&) {
    if (const auto built = end()) values_.push_object(*built);
    return true;
  }
  bool on_array_end(size_t, boost::system::error_code&) {
    if (const auto built = end()) values_.push_array(*built);
    return true;
  }

  bool on_key_part(json::string_view text, size_t, boost::system::error_code&) {
    if (skipped_from_ != 0 || open().is_full()) return true;
    values_.push_chars(text);
    if (open().paths != 0) key_.append(text.data(), text.size());
    return true;
  }
  bool on_key(json::string_view text, size_t, boost::system::error_code&) {
    if (skipped_from_ != 0 || open().is_full()) return true;
    values_.push_key(text);
    next_ = 0;
    empty_next_ = false;
    if (open().paths == 0) return true;
    if (key_.empty()) {
      enter({text.data(), text.size()});
    } else {
      enter(key_.append(text.data(), text.size()));
      key_.clear();
    }
    return true;
  }

  bool on_string_part(json::string_view text, size_t, boost::system::error_code&) {
    if (skipped_from_ == 0 && !open().is_full()) values_.push_chars(text);
    return true;
  }
  bool on_string(json::string_view text, size_t, boost::system::error_code&) {
    if (is_built()) values_.push_string(text);
    return true;
  }
  static bool on_number_part(json::string_view, boost::system::error_code&) { return true; }
  bool on_int64(int64_t number, json::string_view, boost::system::error_code&) {
    if (is_built()) values_.push_int64(number);
    return true;
  }
  bool on_uint64(uint64_t number, json::string_view, boost::system::error_code&) {
    if (is_built()) values_.push_uint64(number);
    return true;
  }
  bool on_double(double number, json::string_view, boost::system::error_code&) {
    if (is_built()) values_.push_double(number);
    return true;
  }
  bool on_bool(bool flag, boost::system::error_code&) {
    if (is_built()) values_.push_bool(flag);
    return true;
  }
  bool on_null(boost::system::error_code&) {
    if (is_built()) values_.push_null();
    return true;
  }
  static bool on_comment_part(json::string_view, boost::system::error_code&) { return true; }
  static bool on_comment(json::string_view, boost::system::error_code&) { return true; }

 private:
  // An object or array that is being read; at depth 0 what holds the document itself.
  struct Open {
    Paths paths = 0;   // that may go on in it
    size_t built = 0;  // members
    size_t limit = 1;  // of them
    bool is_full() const { return built >= limit; }
  };
  Open& open() { return open_[depth_]; }

  // Whether the value that is read now, a member of what is open, is to be built.
  bool is_built() {
    if (skipped_from_ != 0 || open().is_full()) return false;
    ++open().built;
    return true;
  }

  // An object or array begins.
  bool begin(Paths paths, size_t limit) {
    if (skipped_from_ == 0) {
      const bool built = is_built();
      if (!built || empty_next_) {
        skipped_from_ = depth_ + 1;
        leaves_nothing_ = !built;
      }
      empty_next_ = false;
      next_ = 0;
    }
    open_[++depth_] = {paths, 0, limit};
    return true;
  }

  // An object or array ends: of how many members it is to be built; nullopt: it is left out.
  std::optional<size_t> end() {
    const size_t depth = depth_--;
    if (skipped_from_ == 0) return open_[depth].built;
    if (skipped_from_ != depth) return std::nullopt;
    skipped_from_ = 0;
    return leaves_nothing_ ? std::nullopt : std::optional<size_t>(0);
  }

  // The value of the member `key` comes next.
  void enter(std::string_view key) {
    const size_t step = depth_ - 1;
    for (size_t i = 0; i < skip_.size(); ++i) {
      const Paths bit = Paths(1) << i;
      if ((open().paths & bit) == 0 || skip_[i][step] != key) continue;
      if (step + 1 == skip_[i].size() || skip_[i][step + 1].empty()) {
        empty_next_ = true;
      } else {
        next_ |= bit;
      }
    }
  }

  std::array<unsigned char, kUnfinished> unfinished_;
  json::value_stack values_;
  JsonSkip skip_;
  size_t depth_ = 0;  // objects and arrays that are open
  std::array<Open, kMaxJsonDepth + 1> open_{};
  Paths next_ = 0;               // paths that the last key goes along
  bool empty_next_ = false;      // the last key ends one of them
  size_t skipped_from_ = 0;      // the depth of what is not being built; 0: everything is
  bool leaves_nothing_ = false;  // which is one member too many, not one that is left empty
  std::string key_;              // a key that comes in parts
};

}  // namespace

base::Result<json::value> parse_json(std::string_view text, json::storage_ptr memory, JsonSkip skip) {
  json::parse_options options;
  options.max_depth = kMaxJsonDepth;
  json::basic_parser<Builder> parser(options, memory, skip);
  boost::system::error_code error;
  size_t read = parser.write_some(false, text.data(), text.size(), error);
  if (!error && read < text.size()) error = json::error::extra_data;
  if (!error) return parser.handler().release();
  // Looked for only now: nearly all texts are UTF-8, and the parser accepts nothing else.
  if (!base::is_utf8(text)) return parse_json(base::to_utf8(text), std::move(memory), skip);
  if (error == json::error::too_deep) {
    return base::Error{fmt::format("nested deeper than {} levels at byte {}", kMaxJsonDepth, read)};
  }
  constexpr size_t kBefore = 16;  // bytes shown in front of the place that failed
  const std::string_view place = text.substr(read > kBefore ? read - kBefore : 0);
  return base::Error{
      fmt::format("not JSON: {} at byte {}, near '{}'", error.message(), read, base::excerpt(place, 48))};
}

}  // namespace core
