/// Files: data of one's own, in formats that have a name. A kind of files is a struct of where they
/// are and how they are read; `load` gives their parts:
///
///     data::Files photos = data::ImageFolder{.path = "photos", .image_size = 128};
///     data::Parts data = photos.load();
///
/// In a recipe `kind` names it, beside its keys:
///
///     [data]
///     kind = "image-folder"
///     path = "photos"
///     image_size = 128
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sloy/data.h>
#include <sloy/described.h>
#include <sloy/layers/sizes.h>

namespace sloy::data {

/// IDX: images and labels in the format of MNIST, raw or compressed by gzip. Without names of their
/// own the files are train-images-idx3-ubyte, train-labels-idx1-ubyte and, for the test data,
/// t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, with .gz at the end where they are
/// compressed.
struct SLOY_EXPORT IdxFiles {
  static constexpr std::string_view type_name = "idx";
  std::string path = {};          ///< directory of the files; relative names below start there
  std::string train_images = {};  ///< a file, where it doesn't have its usual name
  std::string train_labels = {};  ///< likewise
  std::string test_images = {};   ///< likewise
  std::string test_labels = {};   ///< likewise
  double test_split = 0;          ///< share of the examples to test on, without test files
  /// in the order of the labels; left out: as many classes as the largest label says
  std::vector<std::string> class_names = {};

  Parts load() const;
  Header load_header() const;
  static void fields(auto&& field) {
    using Self = IdxFiles;
    field("path", &Self::path);
    field("train_images", &Self::train_images);
    field("train_labels", &Self::train_labels);
    field("test_images", &Self::test_images);
    field("test_labels", &Self::test_labels);
    field("test_split", &Self::test_split);
    field("class_names", &Self::class_names);
  }
};

/// CIFAR-10 in its binary version (Krizhevsky 2009): data_batch_1.bin and the next up to 5, without
/// gaps, test_batch.bin where there are test data. Images (32, 32, 3), ten classes.
struct SLOY_EXPORT Cifar10Files {
  static constexpr std::string_view type_name = "cifar10";
  std::string path = {};  ///< needed: directory of the files

  Parts load() const;
  Header load_header() const;
  static void fields(auto&& field) { field("path", &Cifar10Files::path, Needed{}); }
};

/// Which of CIFAR-100's two labels of an image.
enum class CifarLabels : std::uint8_t {
  fine,   ///< one of 100 classes
  coarse  ///< one of 20 groups of five of them
};
constexpr std::array<std::string_view, 2> enum_names(CifarLabels) { return {"fine", "coarse"}; }

/// CIFAR-100 in its binary version (Krizhevsky 2009): train.bin, test.bin where there are test
/// data. Images (32, 32, 3).
struct SLOY_EXPORT Cifar100Files {
  static constexpr std::string_view type_name = "cifar100";
  std::string path = {};                   ///< needed: directory of the files
  CifarLabels labels = CifarLabels::fine;  ///< 100 classes, or 20 groups of them

  Parts load() const;
  Header load_header() const;
  static void fields(auto&& field) {
    field("path", &Cifar100Files::path, Needed{});
    field("labels", &Cifar100Files::labels);
  }
};

/// NumPy's arrays: x_train and y_train, and x_test and y_test where there are test data, as .npy
/// files of a directory or as arrays of one .npz file. The first dimension counts examples.
/// Features are float32, float64 (which becomes float32), int32 or uint8 (pixels). Integer targets
/// of one number each are class labels; targets of float are numbers to predict, or rows such as
/// one-hot.
struct SLOY_EXPORT NpyFiles {
  static constexpr std::string_view type_name = "npy";
  std::string path = {};            ///< needed: the directory, or the .npz file
  std::string x_train = "x_train";  ///< name of the array: of the file without .npy
  std::string y_train = "y_train";  ///< likewise
  std::string x_test = "x_test";    ///< likewise
  std::string y_test = "y_test";    ///< likewise
  /// in the order of the labels; left out: as many classes as the largest label says
  std::vector<std::string> class_names = {};

  Parts load() const;
  Header load_header() const;
  static void fields(auto&& field) {
    using Self = NpyFiles;
    field("path", &Self::path, Needed{});
    field("x_train", &Self::x_train);
    field("y_train", &Self::y_train);
    field("x_test", &Self::x_test);
    field("y_test", &Self::y_test);
    field("class_names", &Self::class_names);
  }
};

/// What becomes of images that can't be read: damaged, of another format, with transparent pixels
/// or 16 bits a channel. An image of another size or colour than the rest, where one was not asked
/// for, is an error with all of them.
enum class BadFiles : std::uint8_t {
  refuse,  ///< "error": all files are decoded before the training; if any is bad, that is an error
           ///< which names the first and says how many there are
  skip,    ///< all files are decoded before the training; bad ones are left out, Parts::skipped
           ///< lists them
  unchecked  ///< no file is looked at before it is needed: a bad one ends the training then
};
constexpr std::array<std::string_view, 3> enum_names(BadFiles) {
  return {"error", "skip", "unchecked"};
}

/// Image folders: a directory for each class, named like it, with PNG and JPEG images in it and in
/// directories below, as ImageNet is laid out. The classes are in `path` itself, or in `path`'s
/// directories train (or training), val (valid, validation) and test (testing), of which the last
/// two may be missing; a notice names directories beside these, which aren't read. Every class has
/// training images; in val and test it may have none.
///
/// Passed over are files and directories whose name begins with a dot, links to directories within
/// a class, and files whose ending is no image's (png, jpg, jpeg, jpe,
/// jfif; bmp, webp, gif, tif and tiff are refused). A JPEG is turned as its camera noted it was
/// held (Exif). An image has at most 16,384 pixels a side, 2^26 pixels and 256 MiB. Images are
/// decoded when they are asked for. Arguments have the names of Keras's
/// image_dataset_from_directory.
struct SLOY_EXPORT ImageFolder {
  static constexpr std::string_view type_name = "image-folder";
  std::string path = {};  ///< needed: the directory
  /// height and width that every image gets; left out: that of the files, which must have one
  Sizes<2> image_size = {};
  /// rgb or grayscale: what the files become; left out: as they are, all of one kind
  std::optional<ColorMode> color_mode = {};
  Interpolation interpolation = Interpolation::bilinear;  ///< how images get their size
  /// whether the middle of an image is cut out rather than its shape changed
  bool crop_to_aspect_ratio = false;
  /// directories that are classes, in the order of the labels; left out: all, by alphabet
  std::vector<std::string> class_names = {};
  double test_split = 0;  ///< share of the training images to test on, where there is no test part
  BadFiles bad_files = BadFiles::refuse;  ///< what becomes of files that can't be read

  Parts load() const;
  Header load_header() const;
  static void fields(auto&& field) {
    using Self = ImageFolder;
    field("path", &Self::path, Needed{});
    field("image_size", &Self::image_size);
    field("color_mode", &Self::color_mode);
    field("interpolation", &Self::interpolation);
    field("crop_to_aspect_ratio", &Self::crop_to_aspect_ratio);
    field("class_names", &Self::class_names);
    field("test_split", &Self::test_split);
    field("bad_files", &Self::bad_files);
  }
};

/// What becomes of missing values, in the columns that are used. A missing text is 0 for all of its
/// column's categories where numbers are filled. A row whose target is missing is never learned
/// from.
enum class MissingValues : std::uint8_t {
  refuse,  ///< "error": before the training; it names the first and says how many there are
  mean,    ///< a number becomes the mean of its column in the training data; rows without a target
           ///< are left out
  median,  ///< a number becomes the median of its column in the training data; likewise
  skip     ///< every row with a missing value is left out
};
constexpr std::array<std::string_view, 4> enum_names(MissingValues) {
  return {"error", "mean", "median", "skip"};
}

/// What a column that is to be predicted says.
enum class TableTask : std::uint8_t {
  automatic,       ///< a class where it has texts, or all the numbers from 0 to the largest,
                   ///< of which there are at most 100; else a number
  classification,  ///< a class: each different text or number is one
  regression       ///< a number
};
constexpr std::array<std::string_view, 3> enum_names(TableTask) {
  return {"auto", "classification", "regression"};
}

/// CSV: a table as text (RFC 4180), raw or compressed by gzip, with a row for each example. A row
/// has at most 100,000 cells and 16 MiB. The text is UTF-8, with or without its mark, lines end as
/// any system ends them, empty ones are passed over, blanks around a cell don't count, and numbers
/// are written with a point.
///
/// A column of numbers alone is one number of the example, as it is: a Normalization behind the
/// Input scales it. Any other column is categories, a number for each of its texts, in their order:
/// 1 for the row's text and 0 for every other (one-hot); all are 0 where the cell is empty, if
/// MissingValues lets that pass, and for a text that no training row had. A column has at most
/// 1,000 categories. Refused, unless categorical_columns names it, is a column with fewer texts
/// than numbers, which are probably mistakes, and one of more than 10 texts most of which differ,
/// which are probably names.
///
/// A target of classes makes int32 labels, in the order of the classes' names, or of their numbers;
/// a target of numbers makes float32 (1). The model keeps columns and categories, so that `predict`
/// and `eval` take rows of the same columns in any order.
struct SLOY_EXPORT CsvFile {
  static constexpr std::string_view type_name = "csv";
  std::string path = {};           ///< needed: the file
  std::string test_path = {};      ///< a file of test data, with the same columns
  double test_split = 0;           ///< share of the rows to test on, where there is no test_path
  std::string target_column = {};  ///< the column to be predicted; left out: the last
  TableTask task = TableTask::automatic;  ///< what the target says
  /// the classes, in the order of their labels; left out: those of the target, by alphabet or,
  /// where they are numbers, by their size
  std::vector<std::string> class_names = {};
  /// columns to predict it from; left out: all others
  std::vector<std::string> feature_columns = {};
  std::vector<std::string> ignore_columns = {};  ///< columns that are not read
  /// columns that are categories though their cells are numbers
  std::vector<std::string> categorical_columns = {};
  std::string separator = ",";  ///< one character, or "tab"; " " is any number of blanks
  /// whether the first row names the columns, which else go by their numbers from 0; left out: it
  /// does where none of its cells is a number
  std::optional<bool> header = {};
  int skip_rows = 0;  ///< rows before the header or the first row
  /// cells that count as missing
  std::vector<std::string> missing = {"", "NA", "N/A", "NaN", "nan", "null", "NULL", "?"};
  MissingValues missing_values = MissingValues::refuse;  ///< what becomes of them
  /// Where a model has learned how rows are read (Model::table_form): its columns, categories and
  /// what missing values become. feature_columns, categorical_columns and the mean or median of
  /// missing_values are of no use then. Not in recipes.
  std::optional<TableForm> form = {};

  Parts load() const;
  Header load_header() const;
  static void fields(auto&& field) {
    using Self = CsvFile;
    field("path", &Self::path, Needed{});
    field("test_path", &Self::test_path);
    field("test_split", &Self::test_split);
    field("target_column", &Self::target_column);
    field("task", &Self::task);
    field("class_names", &Self::class_names);
    field("feature_columns", &Self::feature_columns);
    field("ignore_columns", &Self::ignore_columns);
    field("categorical_columns", &Self::categorical_columns);
    field("separator", &Self::separator);
    field("header", &Self::header);
    field("skip_rows", &Self::skip_rows);
    field("missing", &Self::missing);
    field("missing_values", &Self::missing_values);
  }
};

/// Folders of arrays: a directory for each class, named like it, with .npy files in it and in
/// directories below, each of which is an example. All have one type; float64 becomes float32, a
/// grey image of bytes (height, width) gets a channel dimension. Laid out as an ImageFolder is.
/// Files are read when they are asked for.
struct SLOY_EXPORT NpyFolder {
  static constexpr std::string_view type_name = "npy-folder";
  std::string path = {};  ///< needed: the directory
  /// directories that are classes, in the order of the labels; left out: all, by alphabet
  std::vector<std::string> class_names = {};
  double test_split = 0;  ///< share of the training arrays to test on, where there is no test part

  Parts load() const;
  Header load_header() const;
  static void fields(auto&& field) {
    using Self = NpyFolder;
    field("path", &Self::path, Needed{});
    field("class_names", &Self::class_names);
    field("test_split", &Self::test_split);
  }
};

/// Packed data, as `sloy data pack` and data::pack write them: a directory with train.sloydata and,
/// where there are such parts, validation.sloydata and test.sloydata, or one such file, which is
/// then the training data. Of any size: examples are read from the disk when they are asked for.
struct SLOY_EXPORT RecordFiles {
  static constexpr std::string_view type_name = "records";
  std::string path = {};  ///< needed: the directory, or the file

  Parts load() const;
  Header load_header() const;
  static void fields(auto&& field) { field("path", &RecordFiles::path, Needed{}); }
};

/// What a struct must have to be a kind of files.
template <class T>
concept FileKind = requires(const T& kind) {
  { kind.load() } -> std::same_as<Parts>;
  { kind.load_header() } -> std::same_as<Header>;
};

/// Files of one of these kinds, or of one of your own with the same members, or none.
class SLOY_EXPORT Files {
 public:
  Files() = default;
  template <FileKind T>
  Files(T kind) : held_(std::make_shared<Held<T>>(std::move(kind))) {}  // NOLINT: a kind is files

  explicit operator bool() const { return held_ != nullptr; }
  /// "image-folder". REQUIRES: not none, as below.
  std::string_view kind() const { return held_->type(); }
  /// The struct, where it is a T, else nullptr.
  template <class T>
  const T* as() const& {
    const bool is_one = held_ && held_->type_info() == typeid(T);
    return is_one ? static_cast<const T*>(held_->address()) : nullptr;
  }
  template <class T>
  const T* as() const&& = delete;

  /// The data. Throws ConfigError where it isn't said which files are meant, FileError on files
  /// that are missing or damaged, DataError on what can't be learned from.
  Parts load() const { return held_->load(); }
  /// What the training part of `load` is like, from as little of the files as tells it.
  Header load_header() const { return held_->load_header(); }

  friend SLOY_EXPORT Config to_config(const Files& files);

 private:
  struct Interface : detail::DescribedBase {
    virtual Parts load() const = 0;
    virtual Header load_header() const = 0;
  };
  template <class T>
  struct Held final : sloy::detail::DescribedHolder<T, Interface> {
    using sloy::detail::DescribedHolder<T, Interface>::DescribedHolder;
    Parts load() const override { return this->value.load(); }
    Header load_header() const override { return this->value.load_header(); }
  };
  std::shared_ptr<const Interface> held_;
};

/// { kind = …, its fields … }, or null.
SLOY_EXPORT Config to_config(const Files& files);
/// Throws ConfigError on a kind that isn't known, naming those there are.
SLOY_EXPORT void from_config(const Config& config, Files& files);
/// The kinds there are, in the order of the reference.
SLOY_EXPORT std::span<const TypeEntry<Files>> file_kinds();

/// The kind that a directory or file looks like, read with its defaults; none where it is unlike
/// all of them.
SLOY_EXPORT Files files_at(const std::string& path);

}  // namespace sloy::data
