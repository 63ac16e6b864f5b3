extension StopwordList {
  static let chinese = """
    一 一些 一切 一样 一般 万一 不仅 不但 不如 不是 不管 不要 不过 与 与其 且 为 为了 为什么 乃 乃至 么 之 也 了 于 于是 人家 什么 今后 今天 今年 从 从而
    他 他们 以 以上 以下 以便 以免 以前 以及 以后 以外 以来 以至 以致 们 任 任何 任凭 似的 但 但是 何 何况 你 你们 例如 俺 倘若 假使 假如 像 关于 其 其中
    其他 其它 其次 冲 况且 几 凭 凭借 则 别 到 即 即使 又 及 反之 另 另外 只是 只有 只要 只限 叫 可 可以 可是 各 各个 同 向 吗 否则 吧 呀 呜 呢 呸 和
    咱 咱们 哇 哈哈 哎 哎呀 哦 哪 哪个 哪些 哪里 哼 唉 啊 啦 喂 嗯 嘛 嘿 因 因为 因此 因而 在 地 多 多少 大家 她 她们 如何 如果 宁可 它 它们 对 对于 就
    尽管 并 并且 应该 开始 当 当然 得 怎么 怎样 总之 总的来说 您 我 我们 或 或者 所 所以 把 按照 换句话说 无论 既 既然 是 更加 最后 有 有些 有关 有时 有的
    本 来 某 某个 某些 根据 正如 此 此外 每 每个 比 比如 比较 没有 然后 然而 甚至 由 由于 的 着 等 经 经过 给 而 而且 而是 能 能够 自 自从 自己 自身 至
    至于 若 若是 虽 虽然 虽说 被 要 要不 要不是 要是 让 许多 该 谁 起 起来 起见 趁 跟 较 较之 过 还是 还有 这 这个 这么 这些 这儿 这时 这样 这边 这里 进而
    进行 连 连同 通过 那 那个 那么 那些 那儿 那时 那样 那边 那里 鉴于 除 除了 除非 随着 非常 靠 顺 顺着 首先
    """

  static let indonesian = """
    ada adalah agar akan aku amat anda antara apa apabila apakah atas atau bagaimana bagi bagian
    bahkan bahwa baik banyak baru bawah beberapa begitu belum benar berada berapa berbagai besar
    bila bisa boleh bukan cara cukup dalam dan dapat dari daripada demikian dengan di dia diri
    dua guna hal hanya harus hingga ia ialah ingin ini itu jadi jelas jika juga justru kalau
    kami kamu kapan karena kata ke kecil kepada ketika kita lagi lah lain lalu lama lanjut lebih
    maka makin malah mana masih masing mau melainkan melalui memang mempunyai mengapa menjadi
    menurut mereka merupakan meskipun mulai mungkin namun nanti oleh pada padahal para pasti
    perlu pernah pertama pula pun punya rasa saat saja saling sama sambil sampai sana sangat
    satu saya sebab sebagai sebagian sebaliknya sebelum sebelumnya sebuah secara sedikit segala
    segera sehingga sejak sekali sekarang sekitar selain selalu selama seluruh seluruhnya
    semakin sementara semua sendiri seolah seorang seperti sering serta sesama seseorang sesuatu
    sesudah setelah setiap siapa sini suatu sudah supaya tadi tanpa tapi telah tentang tentu
    terhadap terlalu termasuk tersebut tetapi tiap tidak tiga untuk waktu walaupun yaitu yakni
    yang
    """

  static let japanese = """
    あっ あの あり ある い いう いる う うち お および おり か かつて から が き ここ こと この これ これら さ さらに し しかし する ず せ せる そして その
    その他 その後 それ それぞれ た ただし たち ため たり だ だっ つ て で でき できる です では でも と という といった とき ところ として とともに とも と共に
    どこ どの な ない なお なかっ ながら なっ など なら なり なる に において における について にて によって により による に対して に対する に関する の ので のみ
    は ば へ ほか ほとんど ほど ます また または まで も もの ものの や よう より ら られ られる れ れる を ん 何 及び 彼 我々 特に 私
    """
}
