import Experiments

typealias JSONValue = Experiments.JSONValue

extension JSONValue {
  func print() { Swift.print(text) }
}
