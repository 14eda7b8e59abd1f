/// Errors: what a user reads when an input is wrong.
///
/// Every error has one form: what is wrong in one sentence, then notes (where, what was seen, what
/// was needed), then how to fix it.
///
///     error: conv2d: the input has 3 channels, the kernel expects 4
///       input    (32, 28, 28, 3)   batch, height, width, channels
///       kernel   (3, 3, 4, 64)     height, width, channels, filters
///       layer    encoder/conv1     recipe.toml:14
///       to fix   feed 4 channels, or build the layer on this input
#pragma once

#include <exception>
#include <string>
#include <vector>

#include <sloy/export.h>

namespace sloy {

/// One line under an error's sentence: "input    (32, 28, 28, 3)   batch, height, width, channels".
struct Note {
  std::string label;
  std::string value;
  std::string detail = {};
};

/// Base of all errors the library throws at its users. Mistakes of the library itself are asserts.
class SLOY_EXPORT Error : public std::exception {
 public:
  explicit Error(std::string what, std::vector<Note> notes = {}, std::string fix = {});

  /// The whole message, without the leading "error: ".
  const char* what() const noexcept override { return text_.c_str(); }

  /// The first sentence alone.
  const std::string& sentence() const { return sentence_; }
  const std::vector<Note>& notes() const { return notes_; }
  const std::string& fix() const { return fix_; }

  /// Adds a note, usually where in the user's network or files the error arose. A second note with
  /// the label of an earlier one is ignored: the innermost place is the most exact.
  void add(Note note);

 private:
  void format();
  std::string sentence_;
  std::vector<Note> notes_;
  std::string fix_;
  std::string text_;
};

/// Shapes or dtypes that do not fit each other.
class SLOY_EXPORT ShapeError : public Error {
  using Error::Error;
};

/// A file that is missing, damaged, of another kind, or can't be written.
class SLOY_EXPORT FileError : public Error {
  using Error::Error;
};

/// A file for which the disk has no room.
class SLOY_EXPORT DiskFullError : public FileError {
  using FileError::FileError;
};

/// An argument, a recipe's value or a combination of them that can't work.
class SLOY_EXPORT ConfigError : public Error {
  using Error::Error;
};

/// Data that does not fit the task: labels out of range, empty sets.
class SLOY_EXPORT DataError : public Error {
  using Error::Error;
};

/// A number that is not finite where training needs one.
class SLOY_EXPORT NumericError : public Error {
  using Error::Error;
};

}  // namespace sloy
