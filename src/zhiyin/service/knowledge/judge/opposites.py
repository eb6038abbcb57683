"""Words that turn a condition into its opposite, or into the one beside it."""

from zhiyin.service.knowledge.judge.words import root

_PAIRS = """
increase decrease|rise fall|high low|higher lower|highest lowest|large small|big small|largest smallest|long short
longest shortest|early late|earlier later|earliest latest|first last|old new|oldest newest|older younger
oldest youngest|old young|before after|north south|east west|northern southern|eastern western|left right|win lose
winner loser|accept reject|allow forbid|allow prohibit|permit prohibit|legal illegal|like dislike|support oppose
favor oppose|agree disagree|include exclude|more less|most least|more fewer|many few|major minor|majority minority
maximum minimum|most fewest|best worst|better worse|begin end|start end|start stop|start finish|open close
opened unopened|open unopened|opened sealed|public private|male female|man woman|boy girl|husband wife|father mother
son daughter|king queen|brother sister|rich poor|strong weak|fast slow|hot cold|warm cool|heavy light|deep shallow
thick thin|wide narrow|full empty|common rare|usual unusual|always never|often rarely|everyone nobody|up down
top bottom|above below|inside outside|internal external|indoor outdoor|domestic international|domestic foreign
import export|buy sell|arrive depart|enter leave|join leave|gain lose|create destroy|build demolish|attack defend
ally enemy|friend enemy|war peace|victory defeat|success failure|succeed fail|possible impossible|able unable
known unknown|certain uncertain|stable unstable|dependent independent|regular irregular|necessary unnecessary
important unimportant|related unrelated|similar different|same different|simple complex|easy difficult|easy hard
true false|positive negative|active inactive|natural artificial|urban rural|ancient modern|single multiple
single married|odd even|even odd|prime composite|finite infinite|deterministic nondeterministic
deterministic non-deterministic|day night|morning evening|summer winter|wet dry|hard soft|safe dangerous
encourage discourage|help hinder|improve worsen|cause prevent|expand shrink|expand contract|grow shrink
attract repel|connect disconnect|remove add|add subtract|multiply divide|raise lower|push pull|give take
send receive|lend borrow|teach learn|ask answer|present absent|alive dead|birth death|born die|protestant catholic
conservative liberal|democrat republican|civilian military|primary secondary|junior senior|student teacher
prepaid postpaid|online offline|refundable nonrefundable|paid free|member guest|personal business|personal company
individual company|physical digital|physical virtual|damaged intact|used unused|worn unworn|paper electronic
debit credit|weekday weekend|adult child|gold silver|silver platinum|standard express|shipped unshipped
dispatched undispatched|activated unactivated|registered unregistered|signed unsigned|enhance diminish|past future
symbiotic parasitic|strengthen weaken|recruit repel|boost reduce|advance retreat|ascend descend|appear disappear
approve reject|approve deny|confirm deny|innocent guilty|majority few|superior inferior|optimal worst
forward backward|presence absence|visible invisible|import domestic|employ dismiss|hire fire|unify divide
unite divide|separate combine|unique common|specific general|partial complete|partial full|增加 减少|上升 下降
提高 降低|高 低|最高 最低|大 小|最大 最小|长 短|最长 最短|早 晚|最早 最晚|最先 最后|首 末|新 旧|老 年轻|之前 之后
以前 以后|北 南|东 西|北部 南部|东部 西部|左 右|赢 输|胜 败|胜利 失败|成功 失败|接受 拒绝|允许 禁止|合法 非法
支持 反对|同意 反对|包括 除外|包含 不含|多 少|最多 最少|以上 以下|超过 不足|不少于 不超过|开始 结束|打开 关闭
开通 关闭|开启 关闭|启用 停用|绑定 解绑|登录 退出|公开 私人|公立 私立|男 女|父亲 母亲|儿子 女儿|丈夫 妻子|哥哥 弟弟
强 弱|快 慢|热 冷|重 轻|深 浅|厚 薄|宽 窄|满 空|内 外|国内 国外|境内 境外|国内 海外|进口 出口|买 卖|购买 出售
到达 出发|加入 退出|朋友 敌人|战争 和平|可能 不可能|主要 次要|相同 不同|简单 复杂|容易 困难|真 假|正面 负面
自然 人工|城市 农村|城镇 乡村|古代 现代|单 双|白天 夜晚|夏季 冬季|增大 减小|生 死|出生 去世|出生 逝世|已拆封 未拆封
拆封 未拆封|已开封 未开封|开封 未开封|已激活 未激活|已发货 未发货|已付款 未付款|付款前 付款后|发货前 发货后
签收前 签收后|使用过 未使用|线上 线下|电子 纸质|个人 企业|个人 公司|会员 非会员|普通 加急|借记卡 信用卡|工作日 周末
成人 儿童|黄金 白银|金卡 银卡|退货 换货|寄出 收到|全部 部分|本人 他人|免费 收费|有效 无效|预售 现货|全额 部分
充值 提现|首次 再次
"""


def _read() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for pair in _PAIRS.replace("\n", "|").split("|"):
        if pair.strip():
            one, other = (root(word) for word in pair.split())
            found.setdefault(one, set()).add(other)
            found.setdefault(other, set()).add(one)
    return {word: frozenset(others) for word, others in found.items()}


OPPOSITES: dict[str, frozenset[str]] = _read()
"""Stem → stems of its opposites."""
