internal import FoundationEssentials

/// A model in XGBoost's JSON: read, checked so that no walk through a tree can leave it, and written anew.
struct TreeModelFile {
    /// Largest model read, in bytes.
    static let limit = 1 << 30
    /// Most splits between root and leaf; what explains predictions recurs that deep.
    static let deepest = 64

    let objective: BoostedTrees.Objective
    let columns: Int
    let rounds: Int
    let parallelTrees: Int
    private let document: Document

    private struct Document: Decodable {
        struct Learner: Decodable {
            let gradient_booster: GradientBooster
            let learner_model_param: Parameters
            let objective: Named
        }
        struct Named: Decodable { let name: String }
        struct GradientBooster: Decodable {
            let name: String
            let model: Model
        }
        struct Model: Decodable {
            let gbtree_model_param: Parallel?
            let trees: [Tree]
            let tree_info: [Int]
        }
        struct Parallel: Decodable { let num_parallel_tree: String? }
        struct Parameters: Decodable {
            let base_score: String
            let num_class: String
            let num_feature: String
        }
        let learner: Learner
    }

    private struct Tree: Decodable {
        let base_weights: [Float]
        let categories: [Int]
        let default_left: [Int]
        let left_children: [Int]
        let loss_changes: [Float]
        let parents: [Int]
        let right_children: [Int]
        let split_conditions: [Float]
        let split_indices: [Int]
        let split_type: [Int]
        let sum_hessian: [Float]
    }

    init(_ bytes: [UInt8]) throws(BoostedTreesError) {
        guard bytes.count <= Self.limit else { throw .tooLarge(what: "bytes of a model", found: bytes.count, limit: Self.limit) }
        do { document = try JSONDecoder().decode(Document.self, from: Data(bytes)) } catch {
            throw .badModel(reason: "it is not XGBoost's JSON, whole and with all its parts")
        }
        let learner = document.learner
        guard learner.gradient_booster.name == "gbtree" else { throw .badModel(reason: "only plain trees (gbtree) are read") }
        let parameters = learner.learner_model_param
        guard let columns = Int(parameters.num_feature), (1...TreeFeatures.maximumColumns).contains(columns) else {
            throw .badModel(reason: "num_feature is not between 1 and \(TreeFeatures.maximumColumns)")
        }
        guard let classes = Int(parameters.num_class), (0...1_000).contains(classes) else {
            throw .badModel(reason: "num_class is not between 0 and 1000")
        }
        guard let base = Float(parameters.base_score), base.isFinite else { throw .badModel(reason: "base_score is not a number") }
        let known: [BoostedTrees.Objective] = [.squaredError, .logistic, .ranking] + (classes > 1 ? [.softmax(classes: classes)] : [])
        guard let objective = known.first(where: { $0.name == learner.objective.name }), objective.groups == max(1, classes) else {
            throw .badModel(reason: "its objective is not squared error, logistic, rank:ndcg or softmax of \(classes) classes")
        }
        guard objective != .logistic || (base > 0 && base < 1) else { throw .badModel(reason: "base_score is not a probability") }
        let model = learner.gradient_booster.model
        // Models of before 1.6 may leave it out, or say 0.
        guard let parallel = Int(model.gbtree_model_param?.num_parallel_tree ?? "1"), (0...100_000).contains(parallel) else {
            throw .badModel(reason: "num_parallel_tree is not between 0 and 100000")
        }
        let beside = max(1, parallel)
        guard !model.trees.isEmpty, model.trees.count.isMultiple(of: objective.groups * beside), model.trees.count <= 10_000_000 else {
            throw .badModel(reason: "\(model.trees.count) trees are not whole rounds of \(objective.groups * beside)")
        }
        guard model.tree_info.count == model.trees.count,
            model.tree_info.indices.allSatisfy({ model.tree_info[$0] == $0 / beside % objective.groups })
        else { throw .badModel(reason: "its trees are not in the order of rounds and classes") }
        for (number, tree) in model.trees.enumerated() {
            if let fault = Self.fault(of: tree, columns) { throw .badModel(reason: "tree \(number): \(fault)") }
        }
        (self.objective, self.columns, parallelTrees) = (objective, columns, beside)
        rounds = model.trees.count / (objective.groups * beside)
    }

    private static func fault(of tree: Tree, _ columns: Int) -> String? {
        let count = tree.left_children.count
        let counts = [
            tree.base_weights.count, tree.default_left.count, tree.loss_changes.count, tree.parents.count, tree.right_children.count,
            tree.split_conditions.count, tree.split_indices.count, tree.split_type.count, tree.sum_hessian.count,
        ]
        guard count > 0, count < 1 << 24, counts.allSatisfy({ $0 == count }) else { return "its lists are not of one length" }
        guard tree.categories.isEmpty, tree.split_type.allSatisfy({ $0 == 0 }) else { return "it splits by categories" }
        guard tree.default_left.allSatisfy({ $0 == 0 || $0 == 1 }) else { return "a default is neither left nor right" }
        guard tree.split_indices.allSatisfy({ $0 >= 0 && $0 < columns }) else { return "a split names no feature" }
        let numbers = [tree.base_weights, tree.loss_changes, tree.split_conditions, tree.sum_hessian]
        guard numbers.allSatisfy({ $0.allSatisfy(\.isFinite) }) else { return "a number is not finite" }
        var waiting = [(node: 0, depth: 0)]
        var seen = 0
        while let (node, depth) = waiting.popLast() {
            seen += 1
            let children = [tree.left_children[node], tree.right_children[node]]
            if children == [-1, -1] { continue }
            guard depth < deepest else { return "it is deeper than \(deepest)" }
            // A child names its parent, and no child twice: nothing is reached twice, so the walk ends.
            guard children[0] != children[1], children.allSatisfy({ $0 > 0 && $0 < count && tree.parents[$0] == node }) else {
                return "node \(node) has impossible children"
            }
            for child in children { waiting.append((child, depth + 1)) }
        }
        // Nodes that nothing reaches are never read.
        guard seen == count else { return "\(count - seen) nodes hang from nothing" }
        return nil
    }

    /// The checked values as JSON for the library.
    func text() -> [UInt8] {
        let learner = document.learner
        var text = #"{"learner":{"attributes":{},"feature_names":[],"feature_types":[],"gradient_booster":{"model":{"gbtree_model_param":"#
        text +=
            #"{"num_parallel_tree":"\#(parallelTrees)","num_trees":"\#(learner.gradient_booster.model.trees.count)","size_leaf_vector":"0"},"#
        text += #""tree_info":\#(learner.gradient_booster.model.tree_info),"trees":["#
        for (number, tree) in learner.gradient_booster.model.trees.enumerated() {
            if number > 0 { text += "," }
            // The root's parent is read as a mark, whatever was given.
            let parents = [Int(Int32.max)] + tree.parents.dropFirst()
            text += #"{"base_weights":\#(tree.base_weights),"categories":[],"categories_nodes":[],"categories_segments":[],"#
            text += #""categories_sizes":[],"default_left":\#(tree.default_left),"id":\#(number),"left_children":\#(tree.left_children),"#
            text += #""loss_changes":\#(tree.loss_changes),"parents":\#(parents),"right_children":\#(tree.right_children),"#
            text += #""split_conditions":\#(tree.split_conditions),"split_indices":\#(tree.split_indices),"#
            text += #""split_type":\#(tree.split_type),"sum_hessian":\#(tree.sum_hessian),"tree_param":{"num_deleted":"0","#
            text += #""num_feature":"\#(columns)","num_nodes":"\#(tree.left_children.count)","size_leaf_vector":"0"}}"#
        }
        let base = Float(learner.learner_model_param.base_score) ?? 0.5
        text += #"]},"name":"gbtree"},"learner_model_param":{"base_score":"\#(base)","boost_from_average":"1","#
        text += #""num_class":"\#(objective.groups > 1 ? objective.groups : 0)","num_feature":"\#(columns)","num_target":"1"},"#
        let parameter: String =
            switch objective {
            case .softmax(let classes): #""softmax_multiclass_param":{"num_class":"\#(classes)"}"#
            case .ranking: #""lambda_rank_param":{"fix_list_weight":"0","num_pairsample":"1"}"#
            case .logistic, .squaredError, .listwise: #""reg_loss_param":{"scale_pos_weight":"1"}"#
            }
        text += #""objective":{"name":"\#(objective.name)",\#(parameter)}},"version":[1,7,4]}"#
        return Array(text.utf8)
    }
}
