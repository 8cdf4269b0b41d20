import Foundation
import TensorFiles
import TestSupport
import Testing

@testable import Storage

/// Stores that are taken away, damaged or wanted by two while they are written.
@Suite struct StoreSharingTests {
  private let folder: TemporaryFolder
  private let url: URL

  init() throws {
    folder = try TemporaryFolder()
    url = folder.file("a.epstore")
  }

  private func neighbours() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.url.path(percentEncoded: false))
      .filter { $0.hasSuffix(".partial") }
  }

  @Test func `the second writer is told whose store it is`() throws {
    let first = try SampleStore.writer(url)
    for _ in 0..<2 {
      let error = storageError { _ = try SampleStore.writer(url) }
      #expect(error?.code == .busy)
      #expect(
        error?.message == "another process is appending to it (\(ProcessOwner.current.words))")
    }
    #expect(storageError { _ = try SampleStore.writer(url, overwrite: true) }?.code == .busy)
    try first.append(SampleStore.unit(0..<6))
    try first.finish()
    #expect(
      try FileManager.default.contentsOfDirectory(
        atPath: url.appending(path: "activations").path(percentEncoded: false))
        == ["000000.safetensors"])
  }

  @Test func `of many that begin together one goes on, and the others name it`() async throws {
    let url = url
    let results = await withTaskGroup(of: Result<Bool, any Error>.self) { group in
      for _ in 0..<8 {
        group.addTask {
          Result {
            let writer = try SampleStore.writer(url)
            usleep(300_000)
            if !writer.isFinished {
              try writer.append(SampleStore.unit(0..<6))
              try writer.finish()
            }
            return writer.isResumed
          }
        }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    let wrong = results.compactMap { result -> String? in
      guard case .failure(let error) = result else { return nil }
      return "\(error)"
    }
    #expect(wrong.allSatisfy { $0.contains(ProcessOwner.current.words) }, "\(wrong)")
    #expect(wrong.count < 8)
    try StoreFile(url).verify()
    #expect(try StoreFile(url).documentCount == 6 && neighbours().isEmpty)
  }

  @Test(arguments: ["moved", "deleted", "replaced"])
  func `nothing is acknowledged of a store that is no longer there`(how: String) throws {
    let other = folder.file("b.epstore")
    if how == "replaced" { try SampleStore.write(other) }
    let before = how == "replaced" ? try FolderBytes(other) : nil
    let writer = try SampleStore.writer(url)
    try writer.append(SampleStore.unit(0..<2))
    let files = FileManager.default
    if how == "deleted" {
      try files.removeItem(at: url)
    } else {
      try files.moveItem(at: url, to: folder.file("moved.epstore"))
    }
    if how == "replaced" { try files.moveItem(at: other, to: url) }
    let error = storageError { try writer.append(SampleStore.unit(2..<4)) }
    #expect(
      error?.code == .missing && error?.message.hasPrefix("was moved, deleted or replaced") == true)
    #expect(storageError { try writer.finish() }?.code == .missing)
    if let before { #expect(try FolderBytes(url).files == before.files) }
    if how != "deleted" {
      #expect(try StoreFile(folder.file("moved.epstore")).documentCount == 2)
    }
  }

  @Test func `nothing is added to a content that was written over the store's`() throws {
    let other = folder.file("b.epstore")
    try SampleStore.write(other)
    let writer = try SampleStore.writer(url)
    try writer.append(SampleStore.unit(0..<2))
    let database = url.appending(path: "store.sqlite")
    let foreign = try Data(contentsOf: other.appending(path: "store.sqlite"))
    let handle = try FileHandle(forWritingTo: database)
    try handle.truncate(atOffset: 0)
    try handle.write(contentsOf: foreign)
    try handle.close()
    for attempt in [{ try writer.append(SampleStore.unit(2..<4)) }, { _ = try writer.finish() }] {
      let error = storageError(attempt)
      #expect(error?.code == .missing && error?.message.hasPrefix("was written over") == true)
    }
    #expect(try Data(contentsOf: database) == foreign)
  }

  @Test func `a changed shard is not read and not gone on with`() throws {
    let writer = try SampleStore.writer(url)
    try writer.append(SampleStore.unit(0..<2))
    try writer.append(SampleStore.unit(2..<4))
    let shard = url.appending(path: "activations/000001.safetensors")
    var bytes = try Data(contentsOf: shard)
    bytes[bytes.count - 4] ^= 1
    try bytes.write(to: shard)
    _ = consume writer
    let store = try StoreFile(url)
    let reading = storageError { _ = try store.rows(SampleStore.hooks[0].name, 6..<7) }
    #expect(reading?.code == .damaged)
    #expect(
      reading?.description.hasPrefix("a.epstore/activations/000001.safetensors: was changed")
        == true)
    #expect(try store.rows(SampleStore.hooks[0].name, 0..<6).count == 18)
    let resuming = storageError { _ = try SampleStore.writer(url) }
    #expect(
      resuming?.code == .damaged && resuming?.remedy == "\(.overwrite) captures everything again")
  }

  @Test func `what a dead process left is removed by the next, and a living one's is not`()
    async throws
  {
    await #expect(processExitsWith: .signal(SIGKILL)) {
      [path = url.path(percentEncoded: false) as String] in
      let place = URL(filePath: path)
      let other = try FolderOutput(
        place.deletingLastPathComponent().appending(path: "b.epdict"), overwrite: false,
        replaceable: [])
      try Data("half".utf8).write(to: other.url.appending(path: "part"))
      let output = try FolderOutput(place, overwrite: false, replaceable: [])
      try Data("half".utf8).write(to: output.url.appending(path: "part"))
      kill(getpid(), SIGKILL)
    }
    #expect(try neighbours().count == 2)
    // Whoever writes there next removes it, under whatever name that is.
    let living = try FolderOutput(url, overwrite: false, replaceable: [])
    #expect(try neighbours() == [living.url.lastPathComponent])
    // Names of others, and of a host that is not this one, are not ours to judge.
    let foreign = [
      ".a.epstore.1-00000000-x.partial", ".a.epstore.abc.partial", ".b.epstore.x.partial",
    ]
    for name in foreign {
      try FileManager.default.createDirectory(
        at: folder.file(name), withIntermediateDirectories: true)
    }
    try SampleStore.write(url)
    #expect(try Set(neighbours()) == Set(foreign + [living.url.lastPathComponent]))
    living.discard()
    #expect(try Set(neighbours()) == Set(foreign))
  }
}
