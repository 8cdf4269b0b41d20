import ArgumentParser
import ExemplarPartitioning
import Experiments
import Foundation
import Storage
import TensorFiles

struct Export: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write a dictionary for other programs.",
    discussion: """
      npz and safetensors hold center, threshold, exemplar_directions, mean_directions, member_counts and coherence; \
      jsonl holds the lines of `regions --json`; csv holds one row a region, without contexts.

      With --json: one object.

      Example:
      exemplar export sample-dicts/smollm2-refusal.last.p10.epdict --format npz -o \\
        regions.npz
      """)

  enum Format: String, CaseIterable, ExpressibleByArgument {
    case npz, safetensors, jsonl, csv
  }

  @Argument(help: "A dictionary (.epdict or reference .pkl).")
  var dictionary: String

  @Option(help: "What to write.")
  var format: Format

  @OptionGroup var output: OutputPath
  @OptionGroup var style: OutputStyle

  private struct Summary: Encodable {
    var format: String
    var regions: Int
    var output: String
  }

  func run() throws {
    try output.check(suffix: format.rawValue)
    let file = try DictionaryLocation.open(URL(filePath: dictionary))
    switch format {
    case .npz: try writeArrays(file)
    case .safetensors: try writeTensors(file)
    case .jsonl: try writeLines(file)
    case .csv: try writeTable(file)
    }
    if style.json {
      JSONValue(
        encoding: Summary(
          format: format.rawValue, regions: file.regionCount,
          output: output.url.lastPathComponent)
      ).print()
    } else {
      print("\(oneLine(output.url.lastPathComponent)): \(quantity(file.regionCount, "region"))")
    }
  }

  private func writeArrays(_ file: DictionaryFile) throws {
    let table = try file.table()
    let (count, dimension) = (file.regionCount, file.dimension)
    try NPZWriter.write(
      [
        ("center", NumPyOutput(try file.centre(), shape: [dimension])),
        ("threshold", NumPyOutput([file.threshold], shape: [])),
        ("exemplar_directions", NumPyOutput(try file.exemplars(), shape: [count, dimension])),
        ("mean_directions", NumPyOutput(try file.means(), shape: [count, dimension])),
        ("member_counts", NumPyOutput(table.memberCounts.map(Int64.init), shape: [count])),
        ("coherence", NumPyOutput(table.coherences, shape: [count])),
      ], to: output.url)
  }

  private func writeTensors(_ file: DictionaryFile) throws {
    let table = try file.table()
    let (count, dimension) = (file.regionCount, file.dimension)
    func doubles(_ values: [Double], shape: [Int]) -> SafetensorsTensor {
      let bytes = values.flatMap { value in
        withUnsafeBytes(of: value.bitPattern.littleEndian) { [UInt8]($0) }
      }
      return SafetensorsTensor(.f64, shape: shape, bytes: bytes)
    }
    try SafetensorsWriter.write(
      [
        ("center", SafetensorsTensor(try file.centre(), shape: [dimension])),
        ("threshold", doubles([file.threshold], shape: [])),
        (
          "exemplar_directions", SafetensorsTensor(try file.exemplars(), shape: [count, dimension])
        ),
        ("mean_directions", SafetensorsTensor(try file.means(), shape: [count, dimension])),
        ("member_counts", SafetensorsTensor(table.memberCounts.map(Int64.init), shape: [count])),
        ("coherence", doubles(table.coherences, shape: [count])),
      ], metadata: ["identity": file.identity], to: output.url)
  }

  private func writeLines(_ file: DictionaryFile) throws {
    let lines = try RegionLines(file, notebook: try existingNotebook())
    let facts = lines.facts
    let out = try OutputFile(output.url)
    for region in 0..<file.regionCount {
      try out.write(Array((try lines.json(region, facts).text + "\n").utf8))
    }
    try out.commit()
  }

  private func writeTable(_ file: DictionaryFile) throws {
    let lines = try RegionLines(file, notebook: try existingNotebook())
    let out = try OutputFile(output.url)
    try out.write(
      Array("id,members,coherence,mean_distance,mean_distance_over_theta,label,stars\n".utf8))
    for region in 0..<file.regionCount {
      let table = lines.table
      let row = [
        "\(region)", "\(table.memberCounts[region])", "\(table.coherences[region])",
        "\(table.meanDistances[region])",
        "\(Theta.multiple(table.meanDistances[region], of: file.threshold))",
        CSVTable.quoted(lines.labels.entries[region]?.text ?? ""),
        lines.stars.contains(region) ? "1" : "0",
      ]
      try out.write(Array((row.joined(separator: ",") + "\n").utf8))
    }
    try out.commit()
  }
}
