import Foundation
import TensorFiles

extension ModelFiles {
  /// What a person calls the model: the name that its file gives (`general.name`) with the file's own behind it, or the
  /// file's or folder's name alone where that says the same, or there is no other.
  ///
  /// What files record, and options take, is ``url``'s name: weights are found by it.
  package var title: String {
    let file = url.lastPathComponent
    return ownName.map { "\($0) (\(file))" } ?? file
  }

  /// The name that the model's file gives (`general.name`), where that is not what the file is called; what records keep
  /// beside the file's own.
  package var ownName: String? {
    guard case .gguf(let url) = self, let given = GGUFFile.modelName(of: url) else { return nil }
    let name = TensorFileError.printable(given)
    let letters = Self.letters(of: name)
    return Self.letters(of: url.lastPathComponent).contains(letters) ? nil : name
  }

  /// Letters and digits alone: `SmolLM2-135M` and `SmolLM2 135M` are one name.
  private static func letters(of name: String) -> String {
    String(name.lowercased().filter { $0.isLetter || $0.isNumber })
  }
}
