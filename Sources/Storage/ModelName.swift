/// What a model is called, as far as its weights go by one name in several files.
package enum ModelName {
  /// The name that a model's own file gives it, with the file's behind it; the file's alone where there is no other.
  package static func title(_ file: String?, named name: String?) -> String? {
    guard let name else { return file }
    return file.map { "\(name) (\($0))" } ?? name
  }

  /// What a model is called in a word or two, wherever that is: by its own file, or else by what that is called, without
  /// owner and quantisation.
  package static func short(_ file: String?, named name: String?) -> String? {
    name ?? file.map(family)
  }

  /// The name without the owner that a hub puts before it, the ending of a file, and the type that its weights were
  /// quantised to: `SmolLM2-135M-Instruct` of `SmolLM2-135M-Instruct.Q4_1.gguf`.
  package static func family(_ name: String) -> String {
    var family = name.split(separator: "/").last ?? Substring(name)
    guard family.lowercased().hasSuffix(".gguf") else { return String(family) }
    family = family.dropLast(5)
    guard let mark = family.lastIndex(where: { $0 == "." || $0 == "-" }) else {
      return String(family)
    }
    let type = family[family.index(after: mark)...].uppercased()
    let isType =
      ["F16", "F32", "BF16"].contains(type)
      || ["Q", "IQ"].contains {
        type.hasPrefix($0) && type.dropFirst($0.count).first?.isNumber == true
      }
    return String(isType ? family[..<mark] : family)
  }

  /// Whether a model has an adapter and is another without one; `false` where either does not say which it is.
  package static func isTuned(
    _ model: String?, by adapter: String?, from other: String?, by otherAdapter: String?
  ) -> Bool {
    guard adapter != nil, otherAdapter == nil, let model, let other else { return false }
    return isSame(model, other)
  }

  /// Whether two names are of one model, quantised or not: `google/gemma-2-2b` and `gemma-2-2b.Q4_1.gguf`, but not
  /// `gemma-2-2b-it`.
  package static func isSame(_ first: String, _ second: String) -> Bool {
    func stem(_ name: String) -> String {
      family(name.lowercased().hasSuffix(".gguf") ? name : name + ".gguf")
        .replacing(/\.gguf$/.ignoresCase(), with: "")
    }
    return stem(first) == stem(second)
  }

  /// Whether a published dictionary's short name of its model may be of that model, whatever its case and signs:
  /// `gemma-2-2b` of `google/gemma-2-2b`, not of `google/gemma-2-2b-it`.
  ///
  /// A name without a number, as `tiny`, is no model's own: it may stand for any.
  package static func isShort(_ short: String, of model: String) -> Bool {
    guard short.contains(where: \.isNumber) else { return true }
    func letters(_ text: String) -> String {
      family(text).lowercased().filter { $0.isLetter || $0.isNumber }
    }
    return isSame(short, model) || letters(short) == letters(model)
  }
}
