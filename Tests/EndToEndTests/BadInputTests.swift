import Foundation
import TensorFiles
import TestSupport
import Testing

/// Each of these is told in one line, exits with 1 and leaves nothing behind.
@Suite("Bad input")
struct BadInputTests {
  private let program: Program

  init() throws { program = try Program() }

  private func refused(
    _ arguments: [String], _ words: String..., sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let before = try contents()
    let result = try program.run(arguments)
    #expect(result.status == 1, sourceLocation: sourceLocation)
    #expect(result.output.isEmpty, sourceLocation: sourceLocation)
    let message = String(result.errorLines.last ?? "")
    #expect(result.errorLines.count == 1, "\(result.error)", sourceLocation: sourceLocation)
    for word in words {
      #expect(message.contains(word), "\(message)", sourceLocation: sourceLocation)
    }
    #expect(try contents() == before, sourceLocation: sourceLocation)
  }

  /// Everything in the folder but what capturing output leaves.
  private func contents() throws -> Set<String> {
    Set(try FileManager.default.subpathsOfDirectory(atPath: program.path("")))
      .subtracting(["stdout", "stderr"])
  }

  private func build(_ source: String, _ more: String...) -> [String] {
    ["build", source, "-o", program.path("out.epdict")] + more
  }

  @Test func `output that is cut off is an error, and not a short result`() throws {
    let cut = try program.run(["help"], fileBlocks: 1)
    #expect(cut.status == 1 && cut.output.utf8.count == 1024)
    #expect(cut.error.contains("standard output: not all of it could be written"))
    #expect(try program.run(["help"]).status == 0)
  }

  private func makeFolder(_ name: String) throws -> URL {
    let url = program.folder.file(name)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    return url
  }

  @Test("a missing folder, and an empty one")
  func nothing() throws {
    try refused(build(program.path("nowhere")), "nowhere", "no such file")
    _ = try makeFolder("empty")
    try refused(build(program.path("empty")), "empty", "shard_*.npz")
  }

  @Test("a shard cut short, and a zip whose directory lies")
  func damagedShard() throws {
    let folder = try makeFolder("shards")
    let shard = folder.appending(path: "shard_000000.npz")
    let whole = try Data(contentsOf: Fixtures.url("ep/p10/activations/shard_000000.npz"))
    try whole.prefix(whole.count / 2).write(to: shard)
    try refused(build(program.path("shards")), "shard_000000.npz")
    var lying = whole
    // The directory's size of the first member, in the central directory.
    let central = try #require(lying.range(of: Data([0x50, 0x4B, 0x01, 0x02])))
    lying[central.lowerBound + 20] ^= 0xff
    try lying.write(to: shard)
    try refused(build(program.path("shards")), "shard_000000.npz")
  }

  @Test("shards of different widths, and values that are not numbers")
  func disagreement() throws {
    let folder = try makeFolder("shards")
    try NPZWriter.write(
      [("x", NumPyOutput([Float(1), 2, 3, 4], shape: [2, 2]))],
      to: folder.appending(path: "shard_000000.npz"))
    try NPZWriter.write(
      [("x", NumPyOutput([Float(1), 2, 3], shape: [1, 3]))],
      to: folder.appending(path: "shard_000001.npz"))
    try refused(build(program.path("shards")), "shard_000001.npz", "2 components", "found 3")
    try NPZWriter.write(
      [("x", NumPyOutput([Float(1), 2, .nan, 4, 5, 6], shape: [3, 2]))],
      to: folder.appending(path: "shard_000001.npz"))
    try refused(build(program.path("shards")), "shard_000001.npz", "row 1")
  }

  @Test("one row only, and a percentile outside (0, 100)")
  func range() throws {
    try NumPyWriter.write(
      NumPyOutput([Float(1), 2], shape: [1, 2]), to: program.folder.file("one.npy"))
    try refused(build(program.path("one.npy")), "at least 2 activations")
    for percentile in ["0", "100", "-3", "nan"] {
      try refused(
        build(fixture("ep/p10/activations"), "--percentile=\(percentile)"), "(0, 100)")
    }
  }

  @Test("a pickle that names os.system is refused by that name, and nothing is run")
  func hostilePickle() throws {
    let witness = program.path("witness")
    let command = "touch \(witness)"
    var pickle = Data([0x80, 0x02])
    pickle += Data("cos\nsystem\n".utf8)
    pickle +=
      Data([0x58]) + withUnsafeBytes(of: UInt32(command.utf8.count).littleEndian) { Data($0) }
    pickle += Data(command.utf8) + Data([0x85, 0x52, 0x2E])
    try pickle.write(to: program.folder.file("evil.pkl"))
    try refused(
      ["import", program.path("evil.pkl"), "-o", program.path("out.epdict")], "os.system")
    #expect(!FileManager.default.fileExists(atPath: witness))
  }

  @Test("a dictionary from a newer version")
  func newerVersion() throws {
    let copy = program.folder.file("new.epdict")
    try FileManager.default.copyItem(
      at: Program.samples.appending(path: "smollm2-instruct.last.p40.epdict"), to: copy)
    let database = copy.appending(path: "dictionary.sqlite")
    var bytes = try Data(contentsOf: database)
    bytes.replaceSubrange(60..<64, with: [0, 0, 0, 99])
    try bytes.write(to: database)
    try refused(["info", copy.path(percentEncoded: false)], "version 99")
  }

  @Test("a folder that cannot be written to")
  func unwritable() throws {
    try Data().write(to: program.folder.file("file"))
    try refused(
      ["build", fixture("ep/p10/activations"), "-o", program.path("file/out.epdict")], "out.epdict")
    try refused(
      ["build", fixture("ep/p10/activations"), "-o", program.path("no/out.epdict")], "out.epdict")
  }

  /// A disk of so many kilobytes, while `body` runs.
  private func onDisk(kilobytes: Int, _ body: (_ folder: String) throws -> Void) throws {
    let disk = try makeFolder("disk").path(percentEncoded: false)
    let mount = Process()
    mount.executableURL = URL(filePath: "/usr/bin/mount")
    mount.arguments = ["-t", "tmpfs", "-o", "size=\(kilobytes)k", "tmpfs", disk]
    mount.standardError = FileHandle.nullDevice
    try mount.run()
    mount.waitUntilExit()
    guard mount.terminationStatus == 0 else {
      try Test.cancel("a small disk can be mounted by root only")
    }
    defer {
      let unmount = Process()
      unmount.executableURL = URL(filePath: "/usr/bin/umount")
      unmount.arguments = [disk]
      try? unmount.run()
      unmount.waitUntilExit()
    }
    try body(disk)
  }

  @Test("a full disk")
  func fullDisk() throws {
    try onDisk(kilobytes: 64) { _ in
      try refused(
        ["build", fixture("ep/p10/activations"), "-o", program.path("disk/out.epdict"), "--quiet"],
        "No space left on device")
    }
  }

  /// Not enough for the directions, which are asked for first; enough for them and not for the texts.
  @Test(
    "a pickle that grows past the disk",
    arguments: [(32, "kB of disk, found"), (84, "disk is full")])
  func importOnSmallDisk(kilobytes: Int, words: String) throws {
    try onDisk(kilobytes: kilobytes) { disk in
      try refused(
        [
          "import", fixture("claims/reference/fine.pkl"), "-o", program.path("disk/out.epdict"),
          "--quiet",
        ], words)
      #expect(try FileManager.default.contentsOfDirectory(atPath: disk).isEmpty)
    }
  }

  @Test("a disk that fills while a pickle is imported", arguments: [8, 60, 140])
  func importFillsTheDisk(blocks: Int) throws {
    let folder = try makeFolder("imported")
    let result = try program.run(
      [
        "import", fixture("ep/p10/dictionary.pkl"), "-o", folder.appending(path: "out.epdict").path,
        "--quiet",
      ], fileBlocks: blocks)
    #expect(result.status == 1)
    let said = result.error
    #expect(said.split(separator: "\n").count == 1, "\(said)")
    #expect(said.hasPrefix("exemplar: ") && said.contains("cannot be written"), "\(said)")
    // Nothing half-written, hidden or not.
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
  }

  @Test("names and keys of a megabyte are shown in part")
  func longNames() throws {
    let long = String(repeating: "n\u{9b}", count: 400_000)
    let tensor = #"{"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}"#
    let header = Data(#"{"\#(long)": \#(tensor), "__metadata__": {"\#(long)k": "v"}}"#.utf8)
    var bytes = withUnsafeBytes(of: UInt64(header.count).littleEndian) { Data($0) }
    bytes += header + Data(count: 4)
    let file = program.folder.file("long.safetensors")
    try bytes.write(to: file)
    let shown = try program.run(["info", file.path(percentEncoded: false)])
    #expect(shown.status == 0 && shown.output.utf8.count < 5000)
    #expect(shown.output.contains("bytes more"))
    let whole = try program.run(["info", file.path(percentEncoded: false), "--json"])
    #expect(whole.output.utf8.count > long.utf8.count)
  }
}
