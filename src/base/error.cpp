#include <sloy/error.h>

#include <algorithm>

namespace sloy {

Error::Error(std::string what, std::vector<Note> notes, std::string fix)
    : sentence_(std::move(what)), notes_(std::move(notes)), fix_(std::move(fix)) {
  format();
}

void Error::add(Note note) {
  auto same = [&](const Note& other) { return other.label == note.label; };
  if (std::any_of(notes_.begin(), notes_.end(), same)) return;
  notes_.push_back(std::move(note));
  format();
}

/// Labels and values stand in columns, so that shapes can be compared by eye.
void Error::format() {
  std::size_t label_width = fix_.empty() ? 0 : 6;
  std::size_t value_width = 0;
  for (const Note& note : notes_) {
    label_width = std::max(label_width, note.label.size());
    if (!note.detail.empty()) value_width = std::max(value_width, note.value.size());
  }
  auto pad = [](std::string text, std::size_t width) {
    if (text.size() < width) text.append(width - text.size(), ' ');
    return text;
  };
  text_ = sentence_;
  for (const Note& note : notes_) {
    text_ += "\n  " + pad(note.label, label_width) + "   ";
    text_ += note.detail.empty() ? note.value : pad(note.value, value_width) + "   " + note.detail;
  }
  if (!fix_.empty()) text_ += "\n  " + pad("to fix", label_width) + "   " + fix_;
}

}  // namespace sloy
