import Foundation
import GRDB
import TensorFiles

/// Why a file of ours was not read or written.
///
/// Says what was expected, what was found and where, in one line without live control characters.
package struct StorageError: RemediableError, Equatable, Sendable, CustomStringConvertible {
  package enum Code: Sendable {
    /// No such file or folder.
    case missing
    /// The output is there already and was not to be replaced.
    case exists
    /// Something else than what was asked for: another kind of file, or a folder of somebody's.
    case wrongKind
    /// Cut short, overwritten in places, or at odds with itself.
    case damaged
    /// Written by a later version of this program.
    case newerVersion
    /// A value that no file of this kind may hold: NaN, an index that points nowhere.
    case invalid
    /// No permission to write there.
    case readOnly
    /// The disk is full.
    case full
    /// Another process holds the file for longer than is reasonable to wait.
    case busy
    /// The operating system refused for another reason.
    case inputOutput
  }

  package var code: Code
  package var message: String
  /// The file concerned, by name; never an absolute path.
  package var file: String?
  /// Counted from 1, in files of lines.
  package var line: Int?
  package var remedy: Remedy?

  package init(
    _ code: Code, _ message: String, file: String? = nil, line: Int? = nil,
    remedy: Remedy? = nil
  ) {
    self.remedy = remedy
    self.code = code
    self.message = message
    self.file = file.map(TensorFileError.printable)
    self.line = line
  }

  package var description: String {
    switch (file, line) {
    case (let file?, let line?): "\(file):\(line): \(message)"
    case (let file?, nil): "\(file): \(message)"
    case (nil, let line?): "line \(line): \(message)"
    case (nil, nil): message
    }
  }
}

extension StorageError {
  /// What SQLite reported about `file`.
  init(_ error: DatabaseError, file: String) {
    let code: Code =
      switch error.resultCode {
      case .SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_FORMAT: .damaged
      case .SQLITE_FULL: .full
      case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_CANTOPEN, .SQLITE_AUTH: .readOnly
      case .SQLITE_BUSY, .SQLITE_LOCKED: .busy
      default: .inputOutput
      }
    let reason = error.message.map(TensorFileError.printable) ?? "SQLite error \(error.resultCode)"
    let message =
      switch code {
      case .damaged: "the file is damaged (\(reason))"
      case .full: "the disk is full"
      case .readOnly: "the file cannot be opened or written (\(reason))"
      case .busy: "another process holds the file locked"
      default: reason
      }
    self.init(code, message, file: file)
  }

  /// What the operating system reported as `errno` when `action` failed.
  init(errno number: Int32, _ action: String, file: String) {
    let code: Code =
      switch number {
      case ENOENT: .missing
      case EEXIST, ENOTEMPTY: .exists
      case ENOSPC, EDQUOT: .full
      case EACCES, EPERM, EROFS: .readOnly
      default: .inputOutput
      }
    self.init(code, "\(action): \(String(cString: strerror(number)))", file: file)
  }

  /// Runs `body`, naming `file` in what SQLite or a tensor file throws.
  static func about<R>(_ file: String, _ body: () throws -> R) throws -> R {
    do {
      return try body()
    } catch let error as DatabaseError {
      throw StorageError(error, file: file)
    } catch let error as RowDecodingError {
      throw StorageError(
        .damaged, "a row does not hold what it should (\(TensorFileError.printable("\(error)")))",
        file: file)
    }
  }
}
