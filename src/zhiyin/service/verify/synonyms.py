"""Which words of a sentence a passage has: itself, by another everyday word, or by its parts."""

import rjieba


def is_known(key: str, known: frozenset[str], text: str) -> bool:
    """Say whether a passage with the words `known` and the lower-case `text` has the word `key`."""
    if key in known or (key in text if not key.isascii() else False):
        return True
    if not key.isascii():
        if len(key) == 2 and SYNONYMS.get(key, frozenset()) & known:
            return True
        return any(word in text for word in SYNONYMS.get(key, ())) or (len(key) > 2 and _made_of(key, text))
    if len(key) >= 5 and key[:5] in text:
        return True
    return bool(SYNONYMS.get(key, frozenset()) & known)


def is_noun(word: str) -> bool:
    """Say whether a word of a sentence may name a thing: a Chinese noun of two characters or more, or a capital."""
    if word.isascii():
        return word[:1].isupper()
    return len(word) > 1 and rjieba.tag(word)[0][1][0] in "nszf"


def _made_of(key: str, text: str) -> bool:
    """Say whether a longer Chinese word is made of pieces that the text has: 退货期限 of 退货 and 期限."""
    return all(key[i : i + 2] in text for i in range(0, len(key) - 1, 2)) and (len(key) % 2 == 0 or key[-2:] in text)


def _synonyms() -> dict[str, frozenset[str]]:
    table: dict[str, set[str]] = {}
    for line in _ALIKE.strip().splitlines():
        group = set(line.split())
        for word in group:
            table.setdefault(word, set()).update(group - {word})
    return {word: frozenset(others) for word, others in table.items()}


_ALIKE = """
退货 退 退回 退还 退掉 寄回 送回
退款 退钱 退还 返还 退回
到账 收到 到 入账 返还
签收 收货 收到 到货 收件
运费 邮费 快递费 配送费 运输费
包邮 免运费 免邮 免邮费 运费
发货 发出 寄出 出库 配送
送达 送到 到达 到货 抵达
取件 揽收 收件
换货 换 更换 调换 换新 换成
更换 换 替换 换新
保修 质保 维修 保障
故障 问题 毛病 坏 损坏
质量 故障 问题
售价 价格 价钱 卖 定价 标价
价格 金额 售价 标价
费用 费 手续费 收费
支付 付款 付 支付方式
购买 买 下单 选购
下单 订单 购买
订单 单 笔
优惠码 优惠券 券 码
优惠 折扣 减 打折 便宜
折扣 打折 折
会员 用户
客服 人工 热线
电话 热线 拨打
邮箱 邮件
咨询 联系
修改 更改 改 变更
取消 撤销
关闭 取消
店 门店 旗舰店 体验店
营业 开门 开放
时长 时间
期限 时间 有效期
有效 有效期
过期 失效
密码 口令
账号 账户
立即 马上 立刻
自动 系统
包装 包装盒 盒
茶叶 茶
手机 机
衣服 服装 服饰
鞋子 鞋
充电宝 移动电源
容量 升
显示 出现 报
表示 说明 意思 代表
擦干 擦
重启 重新
低于 不足 不满
逾期 超时 超过
发票 开票 票
承担 支付 出 付 负担
寄往 寄到 送到 发往 配送
内地 大陆 国内 内陆
续重 每
赔付 赔 赔偿 补偿
赠送 送 附送 附赠
return returned send back refund
refund refunded money reimburs
deliveri receipt receiv arriv deliv ship
deliv deliveri ship arriv
dispatch ship sent leav send
ship deliveri postag freight
fee charg cost price
cost price charg fee worth
courier express carrier
cancel abort
chang edit modifi swap amend switch
exchang swap replac
replac exchang swap new
warranti guarante cover
guarante warranti
fault defect problem break fail broken
repair fix mend
valid expir last good
last valid cover run
close shut
open unseal
bill invoic
earbud earphon headphon
phone handset mobil
cloth cloth apparel garment
parcel packag box
email mail
contact reach write call
hotlin phone number call
show display
mean indic
automat itself
tap click press choos
buy purchas bought
bought buy purchas
pay paid payment
member membership
discount off coupon
immedi onc instant straight
credit add
issu made
keep store kept retain
minimum least
maximum most
refriger fridg cold
answer repli respond
repli answer respond
"""
SYNONYMS = _synonyms()
"""Everyday words of shops that a paraphrase may put for one another. Names, codes and amounts are never here."""
