import ArgumentParser
import Experiments
import Foundation
import TensorFiles

struct Info: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Say what a file is, and where it came from.",
    discussion:
      """
      Takes an .epdict, an .epstore, a reference pickle, .npy, .npz, .safetensors, .gguf, a hub-style model folder, or a folder of \
      shards.

      With --json: one object.

      Example:
      exemplar info sample-dicts/smollm2-refusal.last.p10.epdict --verify
      """)

  @Argument(help: "Any file of ours, or one that we read.")
  var path: String

  @Flag(
    help:
      "Recompute what was recorded: a dictionary's identity and hashes, the hash of every shard of a store."
  )
  var verify = false

  @OptionGroup var style: OutputStyle

  /// Bytes that are shown of one, since a stranger's file can have names and values of megabytes; --json has all of each.
  private static let (longestName, longestValue) = (400, 2000)

  func run() throws {
    // Reading headers is not worth a promise to stop in between: an interrupt ends it.
    if verify { Interruption.watch() }
    let url = URL(filePath: path)
    let record = try TensorFileError.naming(url) {
      try FileRecord(url, verify: verify, check: Interruption.check)
    }
    if style.json {
      JSONValue(encoding: record).print()
      return
    }
    print("\(oneLine(url.lastPathComponent)): \(record.kind)")
    for (name, value) in record.lines {
      let shown = oneLine(name, atMost: Self.longestName)
      let padded = shown.padding(toLength: max(shown.count, 22), withPad: " ", startingAt: 0)
      print("  \(padded)  \(plain(value))")
    }
  }

  private func plain(_ value: JSONValue) -> String {
    switch value {
    case .null: "not recorded"
    case .string(let text), .encoded(let text): oneLine(text, atMost: Self.longestValue)
    case .number(let number): formatted(number)
    case .array(let values):
      values.isEmpty ? "none" : values.map(plain).joined(separator: " ")
    case .object(let entries):
      entries.map { "\(oneLine($0.0, atMost: Self.longestName)) \(plain($0.1))" }
        .joined(separator: "; ")
    case .bool(let value): value ? "yes" : "no"
    case .integer(let value): "\(value)"
    }
  }
}
