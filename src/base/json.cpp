#include <fmt/format.h>
#include <sloy/config.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <unordered_set>
#include <utility>

namespace sloy {
namespace {

constexpr std::size_t deepest_nesting = 64;

/// Reads characters one at a time and lets the parser's events see how far it has come.
class Cursor {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  Cursor(const char* at, const char** furthest) : at_(at), furthest_(furthest) {}
  reference operator*() const { return *at_; }
  Cursor& operator++() {
    *furthest_ = ++at_;
    return *this;
  }
  Cursor operator++(int) {
    Cursor old = *this;
    ++*this;
    return old;
  }
  bool operator==(const Cursor& other) const { return at_ == other.at_; }
  bool operator!=(const Cursor& other) const { return at_ != other.at_; }

 private:
  const char* at_;
  const char** furthest_;
};

/// Builds a Config from the parser's events.
class Builder {
 public:
  Builder(std::string_view text, std::string_view source) : text_(text), source_(source) {}

  Config parse() {
    furthest_ = text_.data();
    const Cursor begin(text_.data(), &furthest_);
    const Cursor end(text_.data() + text_.size(), &furthest_);
    nlohmann::json::sax_parse(begin, end, this);
    return std::move(root_);
  }

  // The names and signatures are those nlohmann's parser calls.
  bool null() { return add({}); }
  bool boolean(bool value) { return add(value); }
  bool number_integer(std::int64_t value) { return add(value); }
  bool number_unsigned(std::uint64_t value) {
    if (value > std::uint64_t{std::numeric_limits<std::int64_t>::max()}) {
      fail(fmt::format("the number {} does not fit 64 bits with sign", value));
    }
    return add(static_cast<std::int64_t>(value));
  }
  bool number_float(double value, const std::string&) { return add(value); }
  bool string(std::string& value) { return add(std::move(value)); }
  bool binary(std::vector<std::uint8_t>&) { return false; }
  bool start_object(std::size_t) { return open(Config::Map{}); }
  bool end_object() { return close(); }
  bool start_array(std::size_t) { return open(Config::List{}); }
  bool end_array() { return close(); }
  bool key(std::string& name) {
    if (!open_.back().keys.insert(name).second) {
      fail(fmt::format("the key \"{}\" stands twice", name));
    }
    key_ = std::move(name);
    return true;
  }
  bool parse_error(std::size_t characters_read, const std::string& token, const std::exception&) {
    const bool ended = characters_read > text_.size();  // the end counts as one
    const auto printable = [](char letter) { return letter >= ' ' && letter != 0x7f; };
    if (token.empty() || ended || !std::all_of(token.begin(), token.end(), printable)) {
      fail(ended ? "the text ends before the JSON value does" : "this is not JSON");
    }
    constexpr std::size_t longest = 40;
    fail(fmt::format("this is not JSON, at '{}'", token.substr(0, longest)));
  }

 private:
  struct Open {
    Config* container;  ///< stays where it is: only the innermost container grows
    std::unordered_set<std::string> keys;
  };

  [[noreturn]] void fail(std::string what) const {
    const std::string_view before =
        text_.substr(0, static_cast<std::size_t>(furthest_ - text_.data()));
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
    const std::size_t column = std::max<std::size_t>(before.size() - line_start, 1);
    throw ConfigError(std::move(what), {{"where", fmt::format("{}:{}:{}", source_, line, column)}});
  }

  Config& place(Config value) {
    line_ += std::count(counted_ ? counted_ : text_.data(), furthest_, '\n');
    counted_ = furthest_;
    value.set_where(fmt::format("{}:{}", source_, line_));
    if (open_.empty()) return root_ = std::move(value);
    Config& container = *open_.back().container;
    if (container.is_list()) return container.as_list().emplace_back(std::move(value));
    return container.as_map().emplace_back(std::move(key_), std::move(value)).second;
  }

  bool add(Config value) {
    place(std::move(value));
    return true;
  }

  bool open(Config container) {
    if (open_.size() == deepest_nesting) {
      fail(fmt::format("values are nested more than {} deep", deepest_nesting));
    }
    open_.push_back({&place(std::move(container)), {}});
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  std::string_view text_;
  std::string_view source_;
  const char* furthest_ = nullptr;
  const char* counted_ = nullptr;
  std::ptrdiff_t line_ = 1;
  Config root_;
  std::vector<Open> open_;
  std::string key_;
};

/// A file name need not be UTF-8, but JSON must be: what is not becomes U+FFFD.
std::string quoted(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void write(const Config& config, std::string& out) {
  if (config.is_null()) {
    out += "null";
  } else if (config.is_bool()) {
    out += config.as_bool() ? "true" : "false";
  } else if (config.is_integer()) {
    out += std::to_string(config.as_integer());
  } else if (config.is_number()) {
    const double number = config.as_number();
    out += std::isfinite(number) ? nlohmann::json(number).dump() : fmt::format("\"{}\"", number);
  } else if (config.is_string()) {
    out += quoted(config.as_string());
  } else if (config.is_list()) {
    std::string_view separator = "[";
    for (const Config& item : config.as_list()) {
      out += std::exchange(separator, ",");
      write(item, out);
    }
    out += config.as_list().empty() ? "[]" : "]";
  } else {
    std::string_view separator = "{";
    for (const auto& [key, value] : config.as_map()) {
      out += std::exchange(separator, ",");
      out += quoted(key) + ":";
      write(value, out);
    }
    out += config.as_map().empty() ? "{}" : "}";
  }
}

}  // namespace

std::string to_json(const Config& config) {
  std::string out;
  write(config, out);
  return out;
}

Config parse_json(std::string_view text, std::string_view source) {
  return Builder(text, source).parse();
}

}  // namespace sloy
