import ArgumentParser
import Foundation
import Storage
import TensorFiles

struct Import: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Turn a reference pickle into a dictionary.",
    discussion: """
      The pickle is interpreted, never executed: the numpy reconstructions and the reference's own classes, under \
      their current and their first names, and nothing else.
      """)

  @Argument(help: "A pickled Dictionary (.pkl).")
  var pickle: String

  @OptionGroup var output: OutputPath
  @OptionGroup var style: OutputStyle

  func run() throws {
    try output.check()
    let line = ProgressLine(isQuiet: style.quiet)
    let url = URL(filePath: pickle)
    let hash = DictionaryLocation.hash(try MappedFile(url))
    let dictionary = try ReferencePickle.read(url)
    try DictionaryWriter.write(
      dictionary, provenance: DictionaryLocation.provenance(ofPickle: url, hash: hash),
      to: output.url, overwrite: output.overwrite)
    DictionarySummary(file: try DictionaryFile(output.url), seconds: line.seconds).print(style)
  }
}
