import Foundation

/// A part of the program that reads what strangers made, to be given any bytes at all.
///
/// An error is a right answer. A trap, a hang and an allocation that the bytes do not warrant are not.
package struct FuzzTarget: Sendable {
  package let name: String
  /// What is read, and a folder of its own to put it in where it is read from a file.
  private let read: @Sendable ([UInt8], Scratch) throws -> Void
  private let scratch: Scratch

  init(_ name: String, _ read: @escaping @Sendable ([UInt8], Scratch) throws -> Void) {
    self.name = name
    self.read = read
    scratch = Scratch(name)
  }

  package func run(_ bytes: [UInt8]) {
    do {
      try read(bytes, scratch)
    } catch {
      // What an error says is made for a terminal, and made of what was read.
      _ = "\(error)"
    }
  }

  /// Removes what it put into its folder, which lives as long as the process.
  package func removeScratch() { scratch.remove() }

  package static let all: [FuzzTarget] =
    arrays + tables + models + storage + captured + results + terminal + sessions

  package static func named(_ name: String) -> FuzzTarget? { all.first { $0.name == name } }
}

/// A folder in memory where there is one, for readers that take a file.
struct Scratch: Sendable {
  let url: URL

  init(_ name: String) {
    let memory = "/dev/shm"
    let parent =
      access(memory, W_OK) == 0 ? URL(filePath: memory) : FileManager.default.temporaryDirectory
    url = parent.appending(path: "exemplar-fuzz-\(getpid())-\(name)")
  }

  func remove() { try? FileManager.default.removeItem(at: url) }

  func url(_ name: String) throws -> URL {
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    return url.appending(path: name)
  }

  /// Writes a file anew.
  func file(_ name: String, _ bytes: some Sequence<UInt8>) throws -> URL {
    let file = try url(name)
    try Data(bytes).write(to: file)
    return file
  }

  /// An empty folder in it.
  func folder(_ name: String) throws -> URL {
    let folder = try url(name)
    try? FileManager.default.removeItem(at: folder)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    return folder
  }
}

/// Numbers and choices out of bytes; zeros where they end.
struct Choices {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: some Collection<UInt8>) { rest = Array(bytes)[...] }

  var isEmpty: Bool { rest.isEmpty }

  mutating func byte() -> Int { Int(rest.popFirst() ?? 0) }

  mutating func number() -> Int { (0..<4).reduce(0) { number, _ in number << 8 | byte() } }

  mutating func bytes(_ count: Int) -> [UInt8] {
    defer { rest = rest.dropFirst(count) }
    return Array(rest.prefix(count))
  }
}
