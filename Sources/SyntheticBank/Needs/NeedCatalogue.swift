/// The 35 hidden needs, in the order of their indices.
///
/// Needs of one section share its pages on purpose: what tells them apart is the order of the steps, whether products are compared
/// back and forth, listed or returned to, where people hesitate, and what they type. Page counts see some of it, the last page little.
public enum NeedCatalogue {
    /// Every need; a need's index in this array is used everywhere.
    public static let all: [HiddenNeed] = cardsAndAccounts + savingsAndInvestments + borrowing + businessAndService
}

extension NeedCatalogue {
    static let cardsAndAccounts: [HiddenNeed] = [
        HiddenNeed(
            "card-compare", "Compare credit cards", "Weighs two or more credit cards against each other, without asking for one.",
            family: "cards", .cards, weight: 5, pace: [.compare: .long, .product: .usual, .eligibility: .glance],
            queries: ["which credit card is best", "compare card rewards", "cashback or travel card"],
            PlanStep("hub 3, product 2"), PlanStep("product 6, compare 3", .pingPong, stay: 0.62),
            PlanStep("rates 2, faq 1, compare 1"), PlanStep("product 3, eligibility 1", .pingPong, leave: 0.25)),
        HiddenNeed(
            "card-preapproval", "Credit card pre-approval", "Wants to know whether the bank would grant a card before applying.",
            family: "cards", .cards, weight: 4, pace: [.eligibility: .hesitant, .product: .brisk, .faq: .long],
            queries: ["am i eligible for a card", "card pre approval", "check without credit search"],
            PlanStep("product 3, eligibility 1, hub 1", .focus), PlanStep("eligibility 3, faq 2, rates 1", stay: 0.45, back: 0.2),
            PlanStep("product 3, compare 2", .focus), PlanStep("eligibility 2, apply 1, hub 1", leave: 0.3)),
        HiddenNeed(
            "card-apply", "Apply for a credit card", "Has chosen a card and goes through the application.",
            family: "cards", .cards, weight: 3, pace: [.apply: .long, .product: .glance, .eligibility: .brisk],
            queries: ["apply for credit card", "card application documents"],
            PlanStep("product 4, hub 1", .focus), PlanStep("eligibility 2, rates 1, terms 1, compare 1"),
            PlanStep("apply 4, product 1", .scan, stay: 0.45), PlanStep("documents 2, faq 1, apply 1", leave: 0.3)),
        HiddenNeed(
            "card-balance-transfer", "Move a card balance", "Wants to move card debt to a cheaper card.",
            family: "cards", .cards, weight: 2.5, pace: [.calculator: .hesitant, .rates: .long],
            queries: ["balance transfer", "zero percent card", "move card debt"],
            PlanStep("rates 3, hub 2, product 1"), PlanStep("calculator 3, rates 2", stay: 0.45, back: 0.2),
            PlanStep("product 4, compare 3", .scan, stay: 0.5), PlanStep("calculator 2, eligibility 2, loans.calculator 1", leave: 0.25)),
        HiddenNeed(
            "lost-card", "Lost or stolen card", "A card is lost or stolen and must be blocked or replaced.",
            family: "security", .security, weight: 1.2, .anyTime, pace: [.article: .glance, .hub: .glance, .form: .usual, .contact: .brisk],
            queries: ["lost card", "block my card", "card stolen"],
            PlanStep("hub 2, support.hub 2, login.form 2", leave: 0.02), PlanStep("article 4, support.article 2, cards.faq 1", .known),
            PlanStep("form 3, contact 2, support.contact 2", .known, leave: 0.3)),
        HiddenNeed(
            "open-account", "Open a current account", "Wants a first or further current account.",
            family: "everyday", .accounts, weight: 4, pace: [.apply: .long, .product: .usual],
            queries: ["open an account", "new bank account online", "documents to open account"],
            PlanStep("hub 3, product 2"), PlanStep("product 5, compare 2", .scan, stay: 0.5), PlanStep("eligibility 2, documents 2, rates 1"),
            PlanStep("apply 4, faq 1", .scan, leave: 0.25)),
        HiddenNeed(
            "switch-account", "Switch from another bank", "Wants to move an account from another bank.",
            family: "everyday", .accounts, weight: 2.5, pace: [.guide: .long, .faq: .long, .product: .brisk],
            queries: ["switch bank account", "move direct debits", "switching offer"],
            PlanStep("guide 2, hub 2, product 1"), PlanStep("faq 2, documents 1, eligibility 1, guide 1"),
            PlanStep("product 5, compare 2", .pingPong, stay: 0.5), PlanStep("apply 3, rates 1, faq 1", .scan, leave: 0.25)),
        HiddenNeed(
            "overdraft-help", "Overdraft and money worries", "Looks for an overdraft or for help with being in debt on the account.",
            family: "everyday", .accounts, weight: 1.5, .anyTime, pace: [.guide: .hesitant, .rates: .long, .calculator: .hesitant],
            queries: ["overdraft limit", "overdraft charges", "help i am in overdraft"],
            PlanStep("rates 2, guide 1, login.form 1, hub 1"), PlanStep("calculator 3, guide 2, faq 1", stay: 0.45, back: 0.2),
            PlanStep("faq 1, support.faq 1, legal.terms 1, loans.hub 1"), PlanStep("support.contact 2, rates 1, apply 1", leave: 0.3)),
        HiddenNeed(
            "student-account", "Student banking", "A student, or a parent, looks for a student account.",
            family: "everyday", .student, weight: 1.5, pace: [.guide: .long, .eligibility: .long],
            queries: ["student account", "student overdraft", "account for university"],
            PlanStep("hub 3, guide 1, accounts.hub 1"), PlanStep("product 4, compare 1, accounts.compare 1", .scan, stay: 0.45),
            PlanStep("eligibility 2, faq 1, documents 1"), PlanStep("apply 3, accounts.product 1", .scan, leave: 0.25)),
        HiddenNeed(
            "login-problem", "Cannot log in", "Cannot get into online banking or the app.",
            family: "service", .support, weight: 3, .anyTime, pace: [.form: .brisk, .article: .brisk, .faq: .brisk],
            queries: ["forgot password", "cannot log in", "reset pin app"],
            PlanStep("login.form 6, home.hub 1", stay: 0.5, leave: 0.06), PlanStep("article 2, faq 2, hub 1"),
            PlanStep("login.form 4, form 1", back: 0.3, leave: 0.25)),
    ]

    static let savingsAndInvestments: [HiddenNeed] = [
        HiddenNeed(
            "compare-term-deposits", "Compare term deposits", "Compares terms and rates of deposits.",
            family: "saving", .deposits, weight: 4, pace: [.rates: .long, .compare: .long, .calculator: .usual],
            queries: ["best term deposit rate", "12 or 24 months deposit", "compare deposit rates"],
            PlanStep("rates 3, hub 2"), PlanStep("product 6, compare 3", .pingPong, stay: 0.6), PlanStep("calculator 2, rates 2, savings.rates 1"),
            PlanStep("product 3, compare 1, faq 1", .pingPong, leave: 0.25)),
        HiddenNeed(
            "deposit-maturity", "Deposit about to mature", "Holds a term deposit that ends and decides what to do with it.",
            family: "saving", .deposits, weight: 1.2, pace: [.calculator: .hesitant, .product: .brisk, .guide: .long],
            queries: ["deposit maturity", "renew my deposit", "withdraw term deposit early"],
            PlanStep("login.form 2, guide 2, hub 1"), PlanStep("rates 3, calculator 2, savings.rates 1", back: 0.2),
            PlanStep("product 5, compare 2", .focus, stay: 0.5), PlanStep("faq 1, terms 1, support.contact 2", leave: 0.3)),
        HiddenNeed(
            "open-savings", "Open a savings account", "Wants to start saving at once, without a term.",
            family: "saving", .savings, weight: 4, pace: [.apply: .long, .product: .usual, .guide: .brisk],
            queries: ["open savings account", "instant access savings", "save every month"],
            PlanStep("hub 3, rates 1, guide 1"), PlanStep("product 5, compare 2", .scan, stay: 0.45), PlanStep("calculator 1, rates 1, faq 1"),
            PlanStep("apply 3, documents 1, product 1", .scan, leave: 0.25)),
        HiddenNeed(
            "start-investing", "Start investing", "Has not invested before and learns how.",
            family: "wealth", .investments, weight: 2.5, pace: [.guide: .hesitant, .product: .brisk, .faq: .long],
            queries: ["how to start investing", "is investing safe", "small amounts investing"],
            PlanStep("hub 3, guide 2"), PlanStep("guide 3, faq 2", .scan, stay: 0.45), PlanStep("product 4, calculator 2", .scan),
            PlanStep("savings.rates 1, eligibility 1, apply 1, faq 1", leave: 0.3)),
        HiddenNeed(
            "fund-research", "Research funds", "Knows investing and studies particular funds.",
            family: "wealth", .investments, weight: 1.8, pace: [.documents: .hesitant, .product: .long, .guide: .glance],
            queries: ["fund factsheet", "index fund charges", "bond fund yield"],
            PlanStep("product 3, rates 2, hub 1"), PlanStep("product 5, documents 3, compare 1", .pingPong, stay: 0.6),
            PlanStep("rates 2, calculator 1, guide 1, faq 1"), PlanStep("product 3, login.form 1", .focus, leave: 0.25)),
        HiddenNeed(
            "pension-transfer", "Transfer a pension", "Wants to bring pensions from elsewhere together.",
            family: "wealth", .pensions, weight: 0.8, .office, pace: [.guide: .hesitant, .documents: .long],
            queries: ["transfer pension", "combine pensions", "old employer pension"],
            PlanStep("hub 2, guide 2"), PlanStep("guide 2, faq 2, documents 1", stay: 0.45), PlanStep("calculator 2, rates 2, product 2", .focus),
            PlanStep("apply 2, support.contact 1, locator.article 1", leave: 0.3)),
    ]
}
